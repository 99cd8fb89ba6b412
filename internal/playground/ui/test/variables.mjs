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

const exactlyOne = (names) => `Give exactly one of ${names}.`;
const wrongType = (type) => `Incorrect type. Expected ${type}.`;
const account = (accountsReceivableIdentifier) => withEvent({ accountsReceivableIdentifier });
const unit = (performedByUnitIdentifier) => withEvent({ performedByUnitIdentifier });
const accessToken = (accessTokenIdentifier) =>
  withEvent({
    accountsReceivableIdentifier: undefined,
    rewardsParticipantIdentifier: { accessTokenIdentifier },
  });
const accountNames = 'id, number, name';
const unitNames = 'id, name, alternativeCode';
const goodSet = '{"input":{"webCustomerEventsSet":[]}';
const badDate =
  'Write a date that exists as 2016-06-22T15:00:00, with Z or an offset such as +03:00 if it has a zone.';

const notAllowed = (name) => [`Property ${name} is not allowed.`, `"${name}"`];

// name, variables, and the message and text of every mark
// prettier-ignore
const cases = [
  ['valid', withEvent({}), []],
  ['two', account({ id: '1', number: '2' }), [[exactlyOne(accountNames), '{"id":"1","number":"2"}']]],
  ['none', unit({}), [[exactlyOne(unitNames), '{}']]],
  ['null members', account({ id: null, number: '2', name: null }), []],
  ['only null members', unit({ id: null }), [[exactlyOne(unitNames), '{"id":null}']]],
  ['unknown field of an event', withEvent({ webSite: 'x' }), [notAllowed('webSite')]],
  ['unknown field of a union', unit({ name: 'a', code: 'b' }), [notAllowed('code')]],
  ['unknown variable', `${goodSet},"inputs":1}`, [notAllowed('inputs')]],
  ['missing field', '{"input":{}}', [['Missing property "webCustomerEventsSet".', '"input"']]],
  ['missing variable', '{}', [['Missing property "input".', '{']]],
  ['mandatory null', withEvent({ website: null }), [[wrongType('"string"'), 'null']]],
  ['wrong type', withEvent({ website: 5 }), [[wrongType('"string"'), '5']]],
  ['text for a number', withEvent({ udfFloat1: '5' }), [[wrongType('one of number, null'), '"5"']]],
  ['object for a list', '{"input":{"webCustomerEventsSet":{}}}', [[wrongType('"array"'), '{}']]],
  ['text for an object', unit('A'), [[exactlyOne(unitNames), '"A"'], [wrongType('"object"'), '"A"']]],
  ['wrong date', withEvent({ performedOn: '2016-13-22T15:00:00' }), [[badDate, '"2016-13-22T15:00:00"']]],
  ['date without seconds', withEvent({ performedOn: '2016-06-22T15:00' }), []],
  ['date with nanoseconds', withEvent({ performedOn: '2016-06-22T15:00:00.123456789Z' }), []],
  ['date with an offset', withEvent({ performedOn: '2016-06-22T15:00+03:00' }), []],
  ['one-time password as a number', accessToken({ oneTimePassword: 73482 }), []],
  ['nested', accessToken({ credentials: {} }), [
    ['Missing property "identifier".', '"credentials"'], ['Missing property "passCode".', '"credentials"'],
  ]],
  ['missing comma', `${goodSet} "a":1}`, [['Expected comma', '"a"'], notAllowed('a')]],
  ['not closed', goodSet, [['Expected comma or closing brace', '}']]],
  ['string not closed', '{"input', [['Unexpected end of string.', '"input']], 'part'],
  ['no JSON', 'hello', [['Expected a JSON object, array or literal.', 'hello']]],
  ['text after the end', `${goodSet}} x`, [['End of file expected.', 'x']]],
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
  let last = [];
  for (const [name, text, want, part] of cases) {
    if (JSON.stringify(want) === JSON.stringify(last)) {
      // The marks of the last case must not pass for those of this one.
      await setEditor(page, 'variables.json', '[]');
      await assertMarks('before', [[wrongType('"object"'), '[]']]);
    }
    last = want;
    await setEditor(page, 'variables.json', text);
    await assertMarks(`${name}: ${text}`, want, part);
  }
  await page.waitForSelector('.graphiql-editor-tool .squiggly-error');

  // The marks follow the query: another tab, and a query without variables.
  await openTab(page, '1 Log in', 'LogIn');
  await setEditor(page, 'variables.json', '{"input":{"username":"demo","pass":"x"}}');
  await assertMarks('login', [
    ['Missing property "password".', '"input"'],
    ['Property pass is not allowed.', '"pass"'],
  ]);
  await openTab(page, '4 Read events', 'ReadEvents');
  await setEditor(page, 'variables.json', '{"a":1}');
  await assertMarks('no variables', [notAllowed('a')]);

  // None of the examples is marked.
  for (const [title, operation] of [
    ['3 Replay events', 'ReplayEvents'],
    ['5 Dry run', 'DryRun'],
  ]) {
    await openTab(page, title, operation);
    await assertMarks(title, []);
  }
  console.log(`variables: ${cases.length} cases`);
  await page.browserContext().close();
}
