// Lints a running server's description of its Web API, with its examples, by all of Redocly's recommended rules:
//   node openapi.mjs http://127.0.0.1:8080/crmapi/rest/v2/openapi.json
import { createConfig, lint } from '@redocly/openapi-core';

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'operation-description': 'error',
    'tag-description': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-schema-examples': 'error',
    // The description applies to the server that it comes from.
    'no-server-example.com': 'error',
  },
});
const problems = await lint({ ref: process.argv[2], config });
for (const { ruleId, message, location } of problems) {
  console.log(`${ruleId}: ${message} at ${location.map(({ pointer }) => pointer).join(', ')}`);
}
console.log(`${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
