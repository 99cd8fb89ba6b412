// Shows with the real libraries that their caches mix up the rows of a call without the settings in src/,
// and that the rows are right with them:
//   node test.mjs http://127.0.0.1:8080
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gql, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { buildSchema, isObjectType } from 'graphql';
import relay from 'relay-runtime';
import * as apollo from './src/apollo.js';
import * as graphcache from './src/graphcache.js';
import * as relayExample from './src/relay.js';
// Babel's plugin of Relay puts this module in the place of the query in relayCreate.js.
import relayCreate from './src/__generated__/relayCreateMutation.graphql.js';

const uri = `${process.argv[2]}/graphql`;

async function logIn() {
  const query = 'mutation { login(input: {username: "demo", password: "demo-password"}) { token } }';
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(uri, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await response.json()).data.login.token;
}
const token = await logIn();
const headers = { Authorization: `Bearer ${token}` };

/** A call with an event and its equal second: both rows have the id of the one event that is stored. */
let calls = 0;
function twice() {
  const reference = `${Date.now()}-${++calls}`;
  const event = (requestUniqueIdentifier) => ({
    requestUniqueIdentifier,
    accountsReceivableIdentifier: { number: 'ACR0000000020' },
    performedByUnitIdentifier: { id: '1' },
    performedOn: '2016-06-22T15:00:00Z',
    website: 'www.crm.com',
    externalSystem: 'caches',
    externalSystemReferenceNumber: reference,
  });
  return { input: { webCustomerEventsSet: [event('first'), event('second')] } };
}

const create = gql(relayCreate.params.text);

/** The rows as text. It checks that they are rows of one event. */
function summary(data) {
  const rows = data.createWebCustomerEvents.processedCustomerEventsSet;
  assert.equal(new Set(rows.flatMap(({ id, event }) => [id, event.id])).size, 1, 'the rows have one id');
  return rows.map(
    ({ index, requestUniqueIdentifier, replayed, event }) =>
      `${index} ${requestUniqueIdentifier} ${replayed} ${event.website}`,
  );
}
const first = '0 first false www.crm.com';
const second = '1 second true www.crm.com';
const right = [first, second];
const mixedUp = (rows) =>
  assert.ok(rows.length === 2 && rows[0] === rows[1] && right.includes(rows[0]), rows.join(', '));

/** The rows that Apollo Client gives to `update`, and those that `mutate` returns. */
async function withApollo(client) {
  let updated;
  const update = (_, { data }) => (updated = data);
  const { data } = await client.mutate({ mutation: create, variables: twice(), update });
  return { updated: summary(updated), returned: summary(data) };
}

/** The rows that urql returns. */
async function withGraphcache(client) {
  const { data, error } = await client.mutation(create, twice()).toPromise();
  assert.equal(error, undefined);
  return summary(data);
}

/** What Relay returns. */
const withRelay = (environment) =>
  new Promise((onCompleted, onError) =>
    relay.commitMutation(environment, { mutation: relayCreate, variables: twice(), onCompleted, onError }),
  );

const apolloWithout = () => {
  const client = apollo.newClient(uri, token);
  client.cache = new InMemoryCache();
  return client;
};
const graphcacheWithout = () =>
  new Client({
    url: uri,
    exchanges: [cacheExchange({}), fetchExchange],
    fetchOptions: { headers },
    preferGetMethod: false,
  });
const relayWithout = () =>
  new relay.Environment({
    store: new relay.Store(new relay.RecordSource()),
    network: relayExample.newEnvironment(uri, token).getNetwork(),
  });

const warnings = [];
console.warn = console.error = (...text) => warnings.push(text.join(' '));

const tests = {
  async 'Apollo Client has the right rows with typePolicies'() {
    assert.deepEqual(await withApollo(apollo.newClient(uri, token)), { updated: right, returned: right });
    assert.deepEqual(warnings, []);
  },
  async 'Apollo Client mixes up the rows without typePolicies'() {
    const { updated, returned } = await withApollo(apolloWithout());
    mixedUp(updated);
    mixedUp(returned);
  },
  async 'Graphcache has the right rows with keys'() {
    assert.deepEqual(await withGraphcache(graphcache.newClient(uri, token)), right);
    assert.deepEqual(warnings, []);
  },
  async 'Graphcache mixes up the rows without keys'() {
    mixedUp(await withGraphcache(graphcacheWithout()));
  },
  // Graphcache writes each warning once in a process: this test comes before the one without keys.
  async 'Graphcache writes no warning with keys'() {
    const { error } = await graphcache
      .newClient(uri, token)
      .query('{ limits { maxEventsPerCall } }', {})
      .toPromise();
    assert.equal(error, undefined);
    assert.deepEqual(warnings, []);
  },
  async 'Graphcache writes a warning without keys'() {
    const { error } = await graphcacheWithout().query('{ limits { maxEventsPerCall } }', {}).toPromise();
    assert.equal(error, undefined);
    assert.match(warnings.join('\n'), /no key could be generated[^]*`Limits`/);
  },
  async 'the keys for Graphcache have all types without an id'() {
    const schema = buildSchema(readFileSync(new URL('../../schema.graphqls', import.meta.url), 'utf8'));
    // Graphcache itself knows roots and the types of connections.
    const without = Object.values(schema.getTypeMap())
      .filter(
        (type) =>
          isObjectType(type) &&
          !type.getFields().id &&
          !/^(__.*|Query|Mutation|PageInfo|.*Connection|.*Edge)$/.test(type.name),
      )
      .map(({ name }) => name);
    assert.deepEqual(
      Object.keys(graphcache.keys).sort(),
      ['ProcessedCustomerEvent', ...without].sort(),
      'change src/graphcache.js',
    );
  },
  async 'Relay has the right rows with getDataID'() {
    const environment = relayExample.newEnvironment(uri, token);
    const data = await withRelay(environment);
    assert.deepEqual(summary(data), right);
    const { id } = data.createWebCustomerEvents.processedCustomerEventsSet[0];
    assert.equal(environment.getStore().getSource().get(id).__typename, 'WebCustomerEvent');
    assert.deepEqual(warnings, []);
  },
  async 'Relay mixes up the rows without getDataID, and a row is its own event'() {
    const environment = relayWithout();
    const data = await withRelay(environment);
    mixedUp(summary(data));
    const { id } = data.createWebCustomerEvents.processedCustomerEventsSet[0];
    assert.deepEqual(environment.getStore().getSource().get(id).event, { __ref: id });
  },
};

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  warnings.length = 0;
  try {
    await test();
  } catch (error) {
    failed++;
    console.log(`examples/caches: ${name}: ${error.stack}`);
  }
}
console.log(`examples/caches: ${Object.keys(tests).length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
