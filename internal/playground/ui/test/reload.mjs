// A reload keeps the tabs and what was typed last. No secret is kept, wherever it was typed.
import assert from 'node:assert/strict';
import {
  editorText,
  kept,
  open,
  openTab,
  pause,
  ready,
  run,
  setEditor,
  status,
  tabTitles,
  waitForStatus,
} from './browser.mjs';
import { titles } from './tabs.mjs';

export async function testReload(browser, address) {
  const page = await open(browser, address);
  const reload = async () => {
    await page.reload({ waitUntil: 'networkidle0' });
    await ready(page);
  };
  await openTab(page, '1 Log in', 'LogIn');
  const { token, expiresAt } = (await run(page, 'LogIn', ['token'])).answer.data.login;
  await waitForStatus(page, /^Logged in/);

  await openTab(page, '2 Create events', 'CreateEvents');
  const variables = JSON.parse(await editorText(page, 'variables.json'));
  variables.input.token = token;
  const event = variables.input.webCustomerEventsSet[0];
  event.description = `pasted by mistake: ${token}`;
  event.rewardsParticipantIdentifier = {
    accessTokenIdentifier: { credentials: { identifier: 'maria@example.com', passCode: 'secret-pass-code' } },
  };
  const query = await editorText(page, 'operation.graphql');
  await setEditor(page, 'variables.json', JSON.stringify(variables));
  await setEditor(page, 'request-headers.json', `{"Authorization": "Bearer ${token}"}`);
  await setEditor(page, 'operation.graphql', `# ${token}\n${query}`);
  await pause(page, 1500); // GraphiQL stores the tabs half a second after a change
  const assertNoSecret = async () => {
    const text = await kept(page);
    assert.ok(text.includes('CreateEvents'), 'the tabs are not kept');
    for (const secret of [token, 'secret-pass-code', 'Authorization', expiresAt]) {
      assert.ok(!text.includes(secret), `${secret} is kept by the browser`);
    }
  };
  await assertNoSecret();

  // What is typed directly before the reload is kept too.
  await page.click('.graphiql-query-editor .view-lines');
  await page.keyboard.down('Control');
  await page.keyboard.press('Home');
  await page.keyboard.up('Control');
  await page.keyboard.type('# typed last\n');
  await reload();
  await assertNoSecret();
  assert.equal(await editorText(page, 'operation.graphql'), `# typed last\n# (removed)\n${query}`);
  variables.input.token = '';
  event.description = 'pasted by mistake: (removed)';
  event.rewardsParticipantIdentifier.accessTokenIdentifier.credentials.passCode = '';
  assert.deepEqual(JSON.parse(await editorText(page, 'variables.json')), variables);
  assert.equal(await editorText(page, 'request-headers.json'), '');
  assert.deepEqual(await tabTitles(page), titles);
  assert.equal(
    await page.$eval('.graphiql-tab-active .graphiql-tab-button', (tab) => tab.textContent),
    '2 Create events',
  );
  assert.equal(await status(page), 'Not logged in');

  // A new tab and the order are kept, a closed tab stays closed, and the demo's login still works.
  await page.locator('button[aria-label="New tab"]').click();
  await pause(page, 200);
  await setEditor(page, 'operation.graphql', 'query Mine { limits { maxEventsPerCall } }');
  await pause(page, 1500);
  await openTab(page, '3 Replay events', 'ReplayEvents');
  await page.locator('.graphiql-tab-active button[aria-label="Close Tab"]').click();
  await pause(page, 1000);
  await reload();
  assert.deepEqual(await tabTitles(page), [...titles.toSpliced(2, 1), 'Mine']);
  await openTab(page, 'Mine', 'maxEventsPerCall');
  assert.equal((await run(page, 'Mine', ['maxEventsPerCall'])).answer.data.limits.maxEventsPerCall, 1000);
  await openTab(page, '1 Log in', 'LogIn');
  await run(page, 'LogIn', ['token']);
  await waitForStatus(page, /^Logged in as demo/);
  await page.browserContext().close();
}
