import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Client } from './client.js';

// The tests of a single call are in test/examples.
test('calls whose token expires at the same time log in once', async () => {
  const calls = 10;
  let logins = 0;
  let expired = 0;
  let release: () => void = () => {};
  const allHaveUsedTheFirstToken = new Promise<void>((done) => (release = done));
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (body.includes('login(')) {
      response.end(JSON.stringify({ data: { login: { token: `token ${++logins}` } } }));
    } else if (request.headers.authorization === 'Bearer token 1') {
      if (++expired === calls) release();
      await allHaveUsedTheFirstToken;
      response
        .writeHead(401)
        .end(JSON.stringify({ errors: [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }] }));
    } else {
      const createWebCustomerEvents = {
        processedCustomerEventsSet: [{ index: 0 }],
        unprocessedCustomerEventsSet: [],
      };
      response.end(JSON.stringify({ data: { createWebCustomerEvents } }));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new Client({
      server: address,
      username: 'user',
      password: 'password',
      retryTimeout: 1000,
    });
    const event = {
      requestUniqueIdentifier: '1',
      accountsReceivableIdentifier: { number: 'ACR0000000020' },
      performedByUnitIdentifier: { id: '1' },
      performedOn: '2016-06-22T15:00:00',
      website: 'www.crm.com',
    };
    await Promise.all(
      Array.from({ length: calls }, async (_, call) => {
        for await (const { count } of client.create(`key ${call}`, [event])) assert.equal(count, 1);
      }),
    );
    assert.equal(logins, 2);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
