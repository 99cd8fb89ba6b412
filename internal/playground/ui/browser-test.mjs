// Uses the page as a user would, in headless Chromium:
//   node browser-test.mjs [address] [screenshot.png]
// Fails on a request to another origin, a console error, a page error or a
// violation of the content security policy, in the page or its workers.
import assert from 'node:assert/strict';
import puppeteer from 'puppeteer-core';

const address = process.argv[2] ?? 'http://127.0.0.1:8080';
const screenshot = process.argv[3] ?? '/tmp/playground.png';
const { origin } = new URL(address);
const problems = [];
let requests = 0;

const browser = await puppeteer.launch({
  executablePath: '/usr/bin/chromium',
  headless: true, // each launch gets a fresh profile
  defaultViewport: { width: 1500, height: 1400 },
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

const page = await browser.newPage();
try {
  watch(page);
  await page.evaluateOnNewDocument(() =>
    document.addEventListener('securitypolicyviolation', (e) =>
      console.error('CSP:', e.violatedDirective, e.blockedURI, e.sourceFile),
    ),
  );
  await page.goto(address, { waitUntil: 'networkidle0' });

  // The documentation is there only if GraphiQL understood the introspection.
  await page.locator('button[aria-label="Show Documentation Explorer"]').click();
  await page.locator('.graphiql-doc-explorer-content ::-p-text(Mutation)').wait();
  await page.locator('button[aria-label="Hide Documentation Explorer"]').click();

  const { answer: login } = await run(page, 'LogIn', ['token', 'expiresAt']);
  const { token } = login.data.login;
  assert.ok(token);

  const lists = ['processedCustomerEventsSet', 'unprocessedCustomerEventsSet', 'summary'];
  const created = await run(page, 'CreateEvents', lists);
  assert.equal(created.authorization, `Bearer ${token}`);
  const { summary, ...sets } = created.answer.data.createWebCustomerEvents;
  assert.equal(summary.received, 4);
  assert.equal(sets.processedCustomerEventsSet.length, summary.processed);
  assert.equal(sets.unprocessedCustomerEventsSet.length, summary.unprocessed);
  await page.screenshot({ path: screenshot });

  await run(page, 'ReplayEvents', lists);
  const replayed = await run(page, 'ReplayEvents', lists);
  const { summary: second } = replayed.answer.data.createWebCustomerEvents;
  assert.equal(second.replayed, replayed.answer.data.createWebCustomerEvents.processedCustomerEventsSet.length);

  const read = await run(page, 'ReadEvents', ['webCustomerEvents', 'nodes']);
  assert.equal(read.authorization, `Bearer ${token}`);
  assert.ok(read.answer.data.webCustomerEvents.nodes.length > 0);

  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  assert.deepEqual(problems, []);
  console.log(`ok: ${requests} requests, all to ${origin}; screenshot in ${screenshot}`);
} catch (error) {
  await page.screenshot({ path: screenshot });
  console.error(...problems);
  throw error;
} finally {
  await browser.close();
}

/** Opens the tab, runs it and waits until the result pane shows the words. */
async function run(page, title, words) {
  await page.locator(`::-p-xpath(//button[contains(@class, "graphiql-tab-button") and .="${title}"])`).click();
  await page.waitForFunction(
    (title) => document.querySelector('.graphiql-query-editor .view-lines')?.innerText.includes(title),
    {},
    title,
  );
  // GraphiQL reads the name of the operation 100 ms after the tab changed.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 500)));
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.url() === new URL('graphql', address).href),
    page.locator('button.graphiql-execute-button').click(),
  ]);
  const request = response.request();
  assert.equal(JSON.parse(request.postData()).operationName, title);
  const answer = await response.json();
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  await page.waitForFunction(
    (words) => words.every((word) => document.querySelector('.result-window .view-lines')?.innerText.includes(`"${word}"`)),
    {},
    words,
  );
  console.log(`${title}: ${words.join(', ')} shown`);
  return { answer, authorization: request.headers().authorization };
}

function watch(page) {
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('requestfailed', (request) => problems.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on('request', (request) => seen(request.url()));
  page.on('console', (message) => complain(message.type(), message.text()));
  page.on('workercreated', async (worker) => {
    worker.on('console', (message) => complain(message.type(), message.text()));
    worker.client.on('Network.requestWillBeSent', ({ request }) => seen(request.url));
    worker.client.on('Log.entryAdded', ({ entry }) => complain(entry.level, entry.text));
    await Promise.all([worker.client.send('Network.enable'), worker.client.send('Log.enable')]).catch(() => {});
  });
}

function seen(url) {
  requests++;
  if (!/^(data|blob):/.test(url) && new URL(url).origin !== origin) problems.push(`left the origin: ${url}`);
}

function complain(type, text) {
  // Monaco only warns when its workers do not start.
  if (type === 'error' || /web worker/i.test(text)) problems.push(`console ${type}: ${text}`);
}
