// Runs the collection with Postman's own runner against a server with demo data, and checks that the
// collection has every call of the Web API:
//   node test.mjs http://127.0.0.1:8080
import { readFileSync } from 'node:fs';
import newman from 'newman';

const server = process.argv[2];
const collection = JSON.parse(
  readFileSync(new URL('customer-events.postman_collection.json', import.meta.url), 'utf8'),
);
const problems = [];

const summary = await new Promise((done, failed) =>
  newman.run(
    { collection, envVar: [{ key: 'server', value: server }], timeoutRequest: 60_000 },
    (error, result) => (error ? failed(error) : done(result)),
  ),
);
for (const { source, error } of summary.run.failures)
  problems.push(`${source?.name}: ${error.test ?? ''} ${error.message}`);
const { assertions, requests } = summary.run.stats;
if (requests.total !== collection.item.length || assertions.total < requests.total) {
  problems.push(
    `${requests.total} requests of ${collection.item.length} with ${assertions.total} assertions ran`,
  );
}

const { paths } = await (await fetch(`${server}/crmapi/rest/v2/openapi.json`)).json();
const sent = new Set(
  collection.item.map(({ request: { method, url } }) => `${method} /${url.path.join('/')}`),
);
for (const [path, operations] of Object.entries(paths)) {
  for (const method of Object.keys(operations)) {
    if (!sent.delete(`${method.toUpperCase()} ${path}`))
      problems.push(`the collection lacks ${method} ${path}`);
  }
}
for (const other of sent) problems.push(`openapi.json lacks ${other}`);

for (const problem of problems) console.error(`examples/postman: ${problem}`);
console.log(`examples/postman: ${assertions.total - assertions.failed} passed, ${problems.length} failed`);
process.exitCode = problems.length > 0 ? 1 : 0;
