// Uses the page as a user would, in headless Chromium:
//   node browser-test.mjs ADDRESS [PROGRAM] [SCREENSHOT]
// ADDRESS is that of a server with fresh demo data. PROGRAM is the built program, which the test starts
// without demo data. Fails on a request to another origin, a console error, a page error or a violation of
// the content security policy, in the page or its workers.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { launch, open, problems, requests } from './test/browser.mjs';
import { testDarkMode, testNarrow } from './test/look.mjs';
import { testLogin } from './test/login.mjs';
import { testOwnDatabase } from './test/own-database.mjs';
import { testRedaction } from './test/redact.mjs';
import { testReload } from './test/reload.mjs';
import { testTabs } from './test/tabs.mjs';
import { testVariables } from './test/variables.mjs';

const address = process.argv[2] ?? 'http://127.0.0.1:8080';
const program = process.argv[3] ?? fileURLToPath(new URL('../../../customer-events', import.meta.url));
const screenshot = process.argv[4] ?? '/tmp/playground.png';

testRedaction();
const browser = await launch();
try {
  const page = await open(browser, address);
  await step('tabs', () => testTabs(page));
  await page.screenshot({ path: screenshot });
  await step('login', () => testLogin(browser, address));
  await step('reload', () => testReload(browser, address));
  await step('variables', () => testVariables(browser, address));
  await step('dark mode', () => testDarkMode(browser, address));
  await step('480 px', () => testNarrow(browser, address, screenshot.replace(/(\.png)?$/, '-480.png')));
  await step('at /graphiql', async () => (await open(browser, new URL('/graphiql', address).href)).close());
  await step('own database', () => testOwnDatabase(browser, program));
  console.log(`ok: ${requests} requests, all to the server; screenshots in ${screenshot}`);
} finally {
  await browser.close();
}

async function step(name, test) {
  const start = Date.now();
  try {
    await test();
    assert.deepEqual(problems, []);
  } catch (error) {
    const pages = (await Promise.all(browser.browserContexts().map((context) => context.pages()))).flat();
    await pages
      .at(-1)
      ?.screenshot({ path: screenshot })
      .catch(() => {});
    console.error(`${name} failed; the page is in ${screenshot}`, ...problems);
    throw error;
  }
  console.log(`${name}: passed in ${((Date.now() - start) / 1000).toFixed(1)} s`);
}
