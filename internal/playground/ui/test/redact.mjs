// What the page removes from a tab before it stores it.
import assert from 'node:assert/strict';
import { redactor } from '../src/redact.js';

const token = 'iZ8vN0Q3mC-5kXyT_a7rB2sE9wLhU1dJ4fGoPqR6tVx'; // as the server issues them
const issued = 'a-token-of-another-form';
const redact = redactor({ isPublic: (value) => value === 'demo-password', issuedTokens: new Set([issued]) });

// name, query, variables, and what is stored of both
const cases = [
  ['nothing secret', 'query A { b(c: "d") }', '{"token": null, "number": "ACR"}', 'query A { b(c: "d") }', '{"token": null, "number": "ACR"}'],
  ['password in variables', '', '{"input": {"password": "secret one", "username": "x"}}', '', '{"input": {"password": "", "username": "x"}}'],
  ['the public password', '', '{"password": "demo-password"}', '', '{"password": "demo-password"}'],
  ['escaped quotes', '', String.raw`{"passCode": "a\"secret"}`, '', '{"passCode": ""}'],
  ['unfinished string', '', '{"password": "secret', '', '{"password": ""'],
  ['single quotes', '', "{\"password\": 'secret two'}", '', '{"password": ""}'],
  ['number', '', '{"oneTimePassword": 73482}', '', '{"oneTimePassword": ""}'],
  ['all secret fields', '', '{"token":"s","passCode":"s","authenticationCode":"s"}', '', '{"token":"","passCode":"","authenticationCode":""}'],
  ['literals', 'mutation { login(input: {username: "u", password: "secret"}) { token } }', '', 'mutation { login(input: {username: "u", password: ""}) { token } }', ''],
  ['number literal', '{ a(oneTimePassword: 73482) }', '', '{ a(oneTimePassword: "") }', ''],
  ['block string', '{ a(password: """secret\n"two" """) }', '', '{ a(password: "") }', ''],
  ['variable of another name', 'mutation($p: String = "secret") { login(input: {password: $p}) { token } }', '{"p": "secret"}', 'mutation($p: String = "") { login(input: {password: $p}) { token } }', '{"p": ""}'],
  ['issued token anywhere', `# ${issued}`, `{"a": "x${issued}"}`, '# (removed)', '{"a": "x(removed)"}'],
  ['token of another page', `# ${token}`, `{"a": "${token}"}`, '# (removed)', '{"a": "(removed)"}'],
  ['bearer', '# Bearer abcdefgh.ijkl', '', '# Bearer (removed)', ''],
  ['API key', '', '{"a": "crm_live_abc123"}', '', '{"a": "(removed)"}'],
  ['43 letters are a name', `query ${'a'.repeat(43)} { b }`, '', `query ${'a'.repeat(43)} { b }`, ''],
];

export function testRedaction() {
  for (const [name, query, variables, storedQuery, storedVariables] of cases) {
    const stored = redact({ id: '1', query, variables, headers: '{"Authorization":"Bearer x"}', response: '{"data":{}}' });
    const want = { id: '1', query: storedQuery, variables: storedVariables, headers: null, response: null };
    assert.deepEqual(stored, want, name);
  }
  console.log(`redaction: ${cases.length} cases`);
}
