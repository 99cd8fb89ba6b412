// The five tabs, run from left to right as a newcomer would.
import assert from 'node:assert/strict';
import { openTab, run, setEditor, tabTitles, waitForStatus } from './browser.mjs';

export const titles = ['1 Log in', '2 Create events', '3 Replay events', '4 Read events', '5 Dry run'];

export async function testTabs(page) {
  // The documentation is there only if GraphiQL understood the introspection.
  await page.locator('button[aria-label="Show Documentation Explorer"]').click();
  await page.locator('.graphiql-doc-explorer-content ::-p-text(Mutation)').wait();
  await page.locator('button[aria-label="Hide Documentation Explorer"]').click();

  assert.deepEqual(await tabTitles(page), titles);
  const result = async (title, operation, words) => {
    await openTab(page, title, operation);
    const { answer, authorization } = await run(page, operation, words);
    assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
    return { data: answer.data, authorization };
  };

  const login = await result('1 Log in', 'LogIn', ['token', 'expiresAt']);
  const { token } = login.data.login;
  assert.ok(token);
  assert.equal(login.authorization, undefined);
  await waitForStatus(page, /^Logged in as demo until /);

  const lists = ['processedCustomerEventsSet', 'unprocessedCustomerEventsSet', 'summary'];
  const created = await result('2 Create events', 'CreateEvents', lists);
  assert.equal(created.authorization, `Bearer ${token}`);
  const { summary, ...sets } = created.data.createWebCustomerEvents;
  assert.deepEqual(summary, { received: 4, processed: 2, replayed: 0, unprocessed: 2 });
  assert.equal(sets.processedCustomerEventsSet.length, 2);
  assert.equal(
    sets.unprocessedCustomerEventsSet[0].errorDescription,
    'Error:Account (ACR00045000) Not Found. - Description:The specified API value was not found.',
  );

  const first = await result('3 Replay events', 'ReplayEvents', lists);
  const second = await result('3 Replay events', 'ReplayEvents', lists);
  const ids = ({ data }) => data.createWebCustomerEvents.processedCustomerEventsSet.map((event) => event.id);
  assert.equal(second.data.createWebCustomerEvents.summary.replayed, 2);
  assert.deepEqual(ids(second), ids(first));

  const read = await result('4 Read events', 'ReadEvents', ['webCustomerEvents', 'nodes']);
  assert.equal(read.authorization, `Bearer ${token}`);
  const stored = read.data.webCustomerEvents.nodes.length;
  assert.equal(stored, 4);

  const dry = (await result('5 Dry run', 'DryRun', ['problems'])).data.checkWebCustomerEvents;
  // The first event was recorded by tab 3.
  assert.deepEqual(dry.summary, { received: 4, processed: 2, replayed: 1, unprocessed: 2 });
  assert.deepEqual(
    dry.unprocessedCustomerEventsSet.map(({ index, problems }) => [
      index,
      problems.map((p) => p.path.join('.')),
    ]),
    [
      [2, ['accountsReceivableIdentifier.number']],
      [3, ['website', 'performedOn']],
    ],
  );
  const again = await result('4 Read events', 'ReadEvents', ['nodes']);
  assert.equal(again.data.webCustomerEvents.nodes.length, stored, 'the dry run has stored events');

  // A title belongs to its operation, not to its place.
  await setEditor(page, 'operation.graphql', 'query Mine { limits { maxEventsPerCall } }');
  await page.waitForFunction(
    () => document.querySelector('.graphiql-tab-active .graphiql-tab-button').textContent === 'Mine',
  );
  assert.deepEqual(await tabTitles(page), titles.with(3, 'Mine'));
}
