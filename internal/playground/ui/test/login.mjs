// The display of the login, its button, and every way in which a login ends.
import assert from 'node:assert/strict';
import {
  expectProblem,
  open,
  openTab,
  pressButton,
  run,
  setEditor,
  status,
  waitForStatus,
} from './browser.mjs';

export async function testLogin(browser, address) {
  const page = await open(browser, address);
  const dialogShown = () => page.$eval('.login-dialog', (dialog) => dialog.open);
  const submit = () => page.locator('.login-dialog button[type="submit"]').click();
  const read = async () => {
    await openTab(page, '4 Read events', 'ReadEvents');
    return run(page, 'ReadEvents', []);
  };
  assert.equal(await status(page), 'Not logged in');
  assert.equal((await read()).authorization, undefined);

  await pressButton(page, 'Log in');
  const suggested = await page.$$eval('.login-dialog input', (inputs) => inputs.map((input) => input.value));
  assert.deepEqual(suggested, ['demo', 'demo-password']);
  await page.locator('#password').fill('wrong');
  await submit();
  await page.waitForFunction(() => document.querySelector('.login-dialog [role="alert"]').textContent !== '');
  assert.ok(await dialogShown());
  assert.equal(await status(page), 'Not logged in');

  await page.locator('#password').fill('demo-password');
  const token = await loginResponse(page, submit);
  await waitForStatus(page, /^Logged in as demo until \d/);
  assert.equal(await dialogShown(), false);
  assert.equal(
    await page.$eval('.login-status [role="status"]', (e) => e.title),
    new Date(token.expiresAt).toISOString(),
  );
  assert.equal(await status(page), `Logged in as demo until ${await localTime(page, token.expiresAt)}`);
  assert.equal((await read()).authorization, `Bearer ${token.token}`);

  await pressButton(page, 'Log out');
  await waitForStatus(page, /^Not logged in$/);
  assert.equal(
    await accepted(address, token.token),
    false,
    'the server still accepts the token after the logout',
  );
  assert.equal((await read()).authorization, undefined);

  // Any selection and spelling of a login counts: aliases, literals, fragments, no expiresAt, no name.
  await setEditor(
    page,
    'operation.graphql',
    `mutation Mine {
    a: login(input: {username: "demo", password: "demo-password"}) { ...T }
  }
  fragment T on LoginPayload { t: token }`,
  );
  await openEdited(page, 'Mine');
  const { t } = (await run(page, 'Mine', ['t'])).answer.data.a;
  await waitForStatus(page, /^Logged in as demo until \d/);
  assert.equal((await read.call(null, await restoreRead(page))).authorization, `Bearer ${t}`);

  // The server has ended the login, for instance because the user was disabled.
  await call(address, 'mutation { logout }', t);
  await run(page, 'ReadEvents', ['errors']);
  await waitForStatus(page, /^Not logged in: the server does not accept the login any more$/);

  await testExpiry(page);
  expectProblem(/status of 401/); // Chromium reports the status of the calls without a valid login
  await page.browserContext().close();
}

/** Lets the server's answer say that the login ends in two seconds. */
async function testExpiry(page) {
  await page.setRequestInterception(true);
  const answer = (request) => {
    if (!request.postData()?.includes('login(')) return request.continue();
    const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 3000).toISOString();
    return request.respond({
      contentType: 'application/json',
      headers: { Date: new Date().toUTCString() },
      body: JSON.stringify({ data: { login: { token: 'short', expiresAt } } }),
    });
  };
  page.on('request', answer);
  await pressButton(page, 'Log in');
  await page.locator('.login-dialog button[type="submit"]').click();
  await waitForStatus(page, /^Logged in as demo until /);
  await waitForStatus(page, /^Not logged in: the login expired at \d/);
  page.off('request', answer);
  await page.setRequestInterception(false);
}

async function loginResponse(page, submit) {
  const [response] = await Promise.all([
    page.waitForResponse((r) => r.request().postData()?.includes('login(')),
    submit(),
  ]);
  return (await response.json()).data.login;
}

const localTime = (page, time) =>
  page.evaluate((time) => {
    const date = new Date(time);
    const today = date.toDateString() === new Date().toDateString();
    return date.toLocaleString(undefined, { ...(today || { dateStyle: 'medium' }), timeStyle: 'short' });
  }, time);

async function call(address, query, token) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
  const response = await fetch(new URL('/graphql', address), {
    method: 'POST',
    headers,
    body: JSON.stringify({ query }),
  });
  return response.json();
}

const accepted = async (address, token) =>
  !(await call(address, '{ webCustomerEvents(first: 1) { nodes { id } } }', token)).errors;

/** Waits until GraphiQL has read the name of the edited operation. */
const openEdited = (page, operation) =>
  page.waitForFunction(
    (name) => document.querySelector('.graphiql-tab-active .graphiql-tab-button').textContent === name,
    {},
    operation,
  );

/** Gives the open tab the query of "4 Read events" again. */
async function restoreRead(page) {
  await setEditor(
    page,
    'operation.graphql',
    'query ReadEvents { webCustomerEvents(first: 10) { nodes { id } } }',
  );
  await openEdited(page, '4 Read events');
}
