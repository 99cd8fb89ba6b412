// Checks a running server against all requirements and recommendations of the GraphQL-over-HTTP draft:
//   node audit.mjs http://127.0.0.1:8080/graphql
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
const failed = results.filter(({ status }) => status !== 'ok');
for (const { status, id, name, reason } of failed) console.log(`${status} ${id} ${name}: ${reason}`);
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
// An audit without checks is a failure.
process.exitCode = failed.length > 0 || results.length === 0 ? 1 : 0;
