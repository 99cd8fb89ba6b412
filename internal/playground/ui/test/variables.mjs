// The marks in the variables: what the schema does not permit, and what is not JSON.
import assert from 'node:assert/strict';
import { marks, open, openTab, setEditor } from './browser.mjs';

const event = {
  requestUniqueIdentifier: '1',
  accountsReceivableIdentifier: { number: 'ACR0000000020' },
  performedByUnitIdentifier: { name: 'Admin Unit' },
  performedOn: '2016-06-22T15:00:00',
  website: 'www.crm.com',
};
const withEvent = (change) => JSON.stringify({ input: { webCustomerEventsSet: [{ ...event, ...change }] } });

// name, variables, and the message and text of every mark
const cases = [
  ['valid', withEvent({}), []],
  ['two identifiers', withEvent({ accountsReceivableIdentifier: { id: '1', number: '2' } }), [['Give exactly one of id, number, name.', '{"id":"1","number":"2"}']]],
  ['no identifier', withEvent({ performedByUnitIdentifier: {} }), [['Give exactly one of id, name, alternativeCode.', '{}']]],
  ['null members', withEvent({ accountsReceivableIdentifier: { id: null, number: '2', name: null } }), []],
  ['only null members', withEvent({ performedByUnitIdentifier: { id: null } }), [['Give exactly one of id, name, alternativeCode.', '{"id":null}']]],
  ['unknown field of an event', withEvent({ webSite: 'x' }), [['Property webSite is not allowed.', '"webSite"']]],
  ['unknown field of a union', withEvent({ classificationIdentifier: { name: 'a', code: 'b' } }), [['Property code is not allowed.', '"code"']]],
  ['unknown variable', '{"input":{"webCustomerEventsSet":[]},"inputs":1}', [['Property inputs is not allowed.', '"inputs"']]],
  ['missing field', '{"input":{}}', [['Missing property "webCustomerEventsSet".', '"input"']]],
  ['missing variable', '{}', [['Missing property "input".', '{']]],
  ['mandatory null', withEvent({ website: null }), [['Incorrect type. Expected "string".', 'null']]],
  ['wrong type', withEvent({ website: 5 }), [['Incorrect type. Expected "string".', '5']]],
  ['text for a number', withEvent({ udfFloat1: '5' }), [['Incorrect type. Expected one of number, null.', '"5"']]],
  ['object for a list', '{"input":{"webCustomerEventsSet":{}}}', [['Incorrect type. Expected "array".', '{}']]],
  ['text for an object', withEvent({ performedByUnitIdentifier: 'Admin Unit' }), [
    ['Give exactly one of id, name, alternativeCode.', '"Admin Unit"'],
    ['Incorrect type. Expected "object".', '"Admin Unit"'],
  ]],
  ['date that does not exist', withEvent({ performedOn: '2016-13-22T15:00:00' }), [[
    'Write a date that exists as 2016-06-22T15:00:00, with Z or an offset such as +03:00 if it has a zone.',
    '"2016-13-22T15:00:00"',
  ]]],
  ['every form of a date', withEvent({ performedOn: '2016-06-22T15:00', udfDate1: '2016-06-22T15:00:00.123456789Z', udfDate2: '2016-06-22T15:00+03:00' }), []],
  ['one-time password as a number', withEvent({ accountsReceivableIdentifier: undefined, rewardsParticipantIdentifier: { accessTokenIdentifier: { oneTimePassword: 73482 } } }), []],
  ['nested', withEvent({ rewardsParticipantIdentifier: { accessTokenIdentifier: { credentials: { identifier: 'a' } } } }), [['Missing property "passCode".', '"credentials"']]],
  ['missing comma', '{"input":{"webCustomerEventsSet":[]} "a":1}', [['Expected comma', '"a"'], ['Property a is not allowed.', '"a"']]],
  ['not closed', '{"input":{"webCustomerEventsSet":[]}', [['Expected comma or closing brace', '}']]],
  ['string not closed', '{"input', [['Unexpected end of string', '"input']], 'part'],
];

export async function testVariables(browser, address) {
  const page = await open(browser, address);
  const assertMarks = async (name, want, part) => {
    const error = 8; // monaco.MarkerSeverity.Error
    const chosen = (found) => (part ? found.filter(([message]) => message === want[0][0]) : found);
    const expected = JSON.stringify(want.map((mark) => [...mark, error]).toSorted());
    const equal = (found) => JSON.stringify(chosen(found).toSorted()) === expected;
    const found = await marks(page, 'variables.json', equal);
    assert.equal(JSON.stringify(chosen(found).toSorted()), expected, name);
  };
  await openTab(page, '2 Create events', 'CreateEvents');
  for (const [name, text, want, part] of cases) {
    await setEditor(page, 'variables.json', '[]');
    await assertMarks('before', [['Incorrect type. Expected "object".', '[]']]); // no mark is left of the last case
    await setEditor(page, 'variables.json', text);
    await assertMarks(`${name}: ${text}`, want, part);
  }
  await page.waitForSelector('.graphiql-editor-tool .squiggly-error');

  // The marks follow the query: another tab, and a query without variables.
  await openTab(page, '1 Log in', 'LogIn');
  await setEditor(page, 'variables.json', '{"input":{"username":"demo","pass":"x"}}');
  await assertMarks('login', [['Missing property "password".', '"input"'], ['Property pass is not allowed.', '"pass"']]);
  await openTab(page, '4 Read events', 'ReadEvents');
  await setEditor(page, 'variables.json', '{"a":1}');
  await assertMarks('no variables', [['Property a is not allowed.', '"a"']]);

  // None of the examples is marked.
  for (const [title, operation] of [['3 Replay events', 'ReplayEvents'], ['5 Dry run', 'DryRun']]) {
    await openTab(page, title, operation);
    await assertMarks(title, []);
  }
  console.log(`variables: ${cases.length} cases`);
  await page.browserContext().close();
}
