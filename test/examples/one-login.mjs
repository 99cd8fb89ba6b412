// Checks that calls whose token expires at the same time log in once. The program gets the address of a server, and
// makes ten calls of one event at the same time:
//   node one-login.mjs NAME COMMAND…
// The clients in Go and TypeScript have the same test in their own language.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

const [name, ...command] = process.argv.slice(2);
const calls = 10;
let logins = 0;
let expired = 0;
let stored = 0;
let release;
const allHaveUsedTheFirstToken = new Promise((done) => (release = done));
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  if (body.includes('login(')) {
    response.end(JSON.stringify({ data: { login: { token: `token ${++logins}` } } }));
  } else if (request.headers.authorization === 'Bearer token 1') {
    if (++expired === calls) release();
    await allHaveUsedTheFirstToken;
    const errors = [{ message: 'expired', extensions: { code: 'UNAUTHENTICATED' } }];
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end(JSON.stringify({ errors }));
  } else {
    stored++;
    const createWebCustomerEvents = {
      processedCustomerEventsSet: [{ index: 0 }],
      unprocessedCustomerEventsSet: [],
      summary: {},
    };
    response.end(JSON.stringify({ data: { createWebCustomerEvents } }));
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = `http://127.0.0.1:${server.address().port}`;
const child = spawn(command[0], [...command.slice(1), address], { stdio: 'inherit' });
const timer = setTimeout(() => child.kill('SIGKILL'), 120_000);
const [status] = await once(child, 'close');
clearTimeout(timer);
server.close();
server.closeAllConnections();

const passed = status === 0 && logins === 2 && stored === calls;
if (!passed) console.error(`examples: ${name}: status ${status}, ${logins} logins, ${stored} calls`);
console.log(`examples: ${name}, one login: ${Number(passed)} passed, ${Number(!passed)} failed`);
process.exitCode = passed ? 0 : 1;
