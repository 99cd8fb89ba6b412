// What the page removes from a tab before it stores it.
import assert from 'node:assert/strict';
import { redactor } from '../src/redact.js';

const token = 'iZ8vN0Q3mC-5kXyT_a7rB2sE9wLhU1dJ4fGoPqR6tVx'; // as the server issues them
const issued = 'a-token-of-another-form';
const redact = redactor({ isPublic: (value) => value === 'demo-password', issuedTokens: new Set([issued]) });

const logIn = (input) => `mutation { login(input: {${input}}) { token } }`;
const letters = `query ${'a'.repeat(43)} { b }`;

// name, then query and variables, then what is stored of both
// prettier-ignore
const cases = [
  ['nothing secret', ['{ b(c: "d") }', '{"number": "ACR"}'], ['{ b(c: "d") }', '{"number": "ACR"}']],
  ['password', ['', '{"password": "secret one", "u": "x"}'], ['', '{"password": "", "u": "x"}']],
  ['null', ['', '{"token": null}'], ['', '{"token": null}']],
  ['the public password', ['', '{"password": "demo-password"}'], ['', '{"password": "demo-password"}']],
  ['escaped quotes', ['', String.raw`{"passCode": "a\"secret"}`], ['', '{"passCode": ""}']],
  ['unfinished string', ['', '{"password": "secret'], ['', '{"password": ""']],
  ['single quotes', ['', "{\"password\": 'secret two'}"], ['', '{"password": ""}']],
  ['no quotes', ['', '{"password": secret}'], ['', '{"password": ""}']],
  ['number', ['', '{"oneTimePassword": 73482}'], ['', '{"oneTimePassword": ""}']],
  ['two names', ['', '{"token":1,"authenticationCode":"s"}'], ['', '{"token":"","authenticationCode":""}']],
  ['literal', [logIn('username: "u", password: "secret"'), ''], [logIn('username: "u", password: ""'), '']],
  ['number literal', ['{ a(oneTimePassword: 73482) }', ''], ['{ a(oneTimePassword: "") }', '']],
  ['block string', ['{ a(password: """secret\n"two" """) }', ''], ['{ a(password: "") }', '']],
  ['other variable', [logIn('password: $p'), '{"p": "secret"}'], [logIn('password: $p'), '{"p": ""}']],
  ['default value', ['($p: S = "s") { a(password: $p) }', ''], ['($p: S = "") { a(password: $p) }', '']],
  ['issued token anywhere', [`# ${issued}`, `{"a": "x${issued}"}`], ['# (removed)', '{"a": "x(removed)"}']],
  ['token of another page', [`# ${token}`, `{"a": "${token}"}`], ['# (removed)', '{"a": "(removed)"}']],
  ['bearer', ['# Bearer abcdefgh.ijkl', ''], ['# Bearer (removed)', '']],
  ['API key', ['', '{"a": "crm_live_abc123"}'], ['', '{"a": "(removed)"}']],
  ['43 letters are a name', [letters, ''], [letters, '']],
];

export function testRedaction() {
  for (const [name, [query, variables], [storedQuery, storedVariables]] of cases) {
    const tab = {
      id: '1',
      query,
      variables,
      headers: '{"Authorization":"Bearer x"}',
      response: '{"data":{}}',
    };
    const want = { id: '1', query: storedQuery, variables: storedVariables, headers: null, response: null };
    assert.deepEqual(redact(tab), want, name);
  }
  console.log(`redaction: ${cases.length} cases`);
}
