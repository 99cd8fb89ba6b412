// What the browser tests share: a headless Chromium that watches every page, and GraphiQL as a user sees it.
import assert from 'node:assert/strict';
import puppeteer from 'puppeteer-core';

/** Violations found in any page: requests to another origin, errors, violations of the security policy. */
export const problems = [];
export let requests = 0;

/** Removes the problems that a test has caused on purpose, and fails if there are none. */
export function expectProblem(pattern) {
  const others = problems.filter((problem) => !pattern.test(problem));
  assert.notEqual(others.length, problems.length, `no problem matches ${pattern}`);
  problems.splice(0, problems.length, ...others);
}

export const launch = () =>
  puppeteer.launch({
    executablePath: '/usr/bin/chromium',
    headless: true, // each launch gets a fresh profile
    defaultViewport: { width: 1500, height: 1000 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
    ],
  });

/** Opens the address in a new browser context, which has a storage of its own. */
export async function open(browser, address, viewport) {
  const page = await (await browser.createBrowserContext()).newPage();
  if (viewport) await page.setViewport(viewport);
  page.setDefaultTimeout(120_000); // for a busy machine
  watch(page, new URL(address).origin);
  await page.evaluateOnNewDocument(() =>
    document.addEventListener('securitypolicyviolation', (e) =>
      console.error('CSP:', e.violatedDirective, e.blockedURI, e.sourceFile),
    ),
  );
  await page.goto(address, { waitUntil: 'networkidle0' });
  await ready(page);
  return page;
}

/** Waits until the editors are there. */
export const ready = (page) => page.waitForSelector('.graphiql-editor-tool .view-lines', { visible: true });

export const tabTitles = (page) =>
  page.$$eval('.graphiql-tab-button', (buttons) => buttons.map((b) => b.textContent));

/** Waits by the page's own timers, which a busy machine delays as much as those of GraphiQL. */
export const pause = (page, milliseconds) =>
  page.evaluate((milliseconds) => new Promise((done) => setTimeout(done, milliseconds)), milliseconds);

/** Opens the tab with the title, and waits until the editor shows the operation. */
export async function openTab(page, title, operation) {
  await page
    .locator(`::-p-xpath(//button[contains(@class, "graphiql-tab-button") and .="${title}"])`)
    .click();
  await page.waitForFunction(
    (operation) =>
      document.querySelector('.graphiql-query-editor .view-lines')?.innerText.includes(operation),
    {},
    operation,
  );
  await pause(page, 500); // GraphiQL reads the name of the operation 100 ms after the tab changed
}

/** Runs the open tab and waits until the response pane shows the words. */
export async function run(page, operation, words) {
  const [response] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === '/graphql'),
    page.locator('button.graphiql-execute-button').click(),
  ]);
  const request = response.request();
  assert.equal(JSON.parse(request.postData()).operationName, operation);
  const answer = await response.json();
  await page.waitForFunction(
    (words) =>
      words.every((word) =>
        document.querySelector('.result-window .view-lines')?.innerText.includes(`"${word}"`),
      ),
    {},
    words,
  );
  console.log(`${operation}: ${words.join(', ')} shown`);
  return { answer, authorization: request.headers().authorization };
}

export const status = (page) => page.$eval('.login-status [role="status"]', (e) => e.textContent);

export const waitForStatus = (page, pattern) =>
  page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector('.login-status [role="status"]').textContent),
    {},
    pattern.source,
  );

export const pressButton = (page, text) =>
  page.locator(`::-p-xpath(//div[@class="login-status"]/button[.="${text}"])`).click();

/** Reads or replaces the text of an editor: operation.graphql, variables.json or request-headers.json. */
export const editorText = (page, name) => page.evaluate((name) => model(name).getValue(), name);
export const setEditor = (page, name, text) =>
  page.evaluate((name, text) => model(name).setValue(text), name, text);

/** The marks in an editor, [message, text, severity], once they are as expected, or after 20 seconds. */
export async function marks(page, name, expected) {
  const read = () =>
    page.evaluate(
      (name) =>
        __MONACO.editor
          .getModelMarkers({ resource: model(name).uri })
          .map((mark) => [mark.message, model(name).getValueInRange(mark), mark.severity]),
      name,
    );
  const end = Date.now() + 20_000;
  for (;;) {
    const found = await read();
    if (expected(found) || Date.now() > end) return found;
    await pause(page, 100);
  }
}

/** Everything that the browser keeps for the page, as one text. */
export const kept = (page) =>
  page.evaluate(async () =>
    JSON.stringify([
      { ...localStorage },
      { ...sessionStorage },
      document.cookie,
      location.href,
      history.state,
      window.name,
      (await indexedDB.databases()).map((database) => database.name),
      await caches.keys(),
    ]),
  );

function watch(page, origin) {
  const seen = (url) => {
    requests++;
    if (!/^(data|blob):/.test(url) && new URL(url).origin !== origin)
      problems.push(`left the origin: ${url}`);
  };
  const complain = (type, text) => {
    // Monaco only warns when its workers do not start.
    if (type === 'error' || /web worker/i.test(text)) problems.push(`console ${type}: ${text}`);
  };
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('requestfailed', (request) => {
    // A reload ends the requests that still run.
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') problems.push(`failed: ${request.url()} ${reason}`);
  });
  page.on('request', (request) => seen(request.url()));
  page.on('console', (message) => complain(message.type(), message.text()));
  page.on('workercreated', async (worker) => {
    worker.on('console', (message) => complain(message.type(), message.text()));
    worker.client.on('Network.requestWillBeSent', ({ request }) => seen(request.url));
    worker.client.on('Log.entryAdded', ({ entry }) => complain(entry.level, entry.text));
    await Promise.all([worker.client.send('Network.enable'), worker.client.send('Log.enable')]).catch(
      () => {},
    );
  });
  page.evaluateOnNewDocument(() => {
    globalThis.model = (name) => __MONACO.editor.getModels().find((model) => model.uri.path.endsWith(name));
  });
}
