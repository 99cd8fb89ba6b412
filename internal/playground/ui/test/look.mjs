// The page in light and dark, and on a narrow screen.
import assert from 'node:assert/strict';
import { open, openTab, pause, pressButton, run, waitForStatus } from './browser.mjs';

const buttons = [
  '.graphiql-sidebar button',
  '.login-status > button',
  '.graphiql-toolbar button',
  '.graphiql-tab-active .graphiql-tab-button',
  '.graphiql-tab-add',
].join();
const panes = ['.graphiql-query-editor', '.graphiql-editor-tool', '.graphiql-response'];

export async function testDarkMode(browser, address) {
  const page = await open(browser, address);
  await openTab(page, '1 Log in', 'LogIn');
  await run(page, 'LogIn', ['token']); // so that the response has text too
  const system = async (value) => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
    await pause(page, 500);
  };
  const assertReadable = async (name, dark) => {
    for (const pane of panes) {
      const { background, contrast } = await page.$eval(pane, leastContrast);
      assert.equal(background < 0.2, dark, `${name}: ${pane} has a background of luminance ${background}`);
      assert.ok(contrast >= 3, `${name}: the text of ${pane} has a contrast of ${contrast}`);
    }
  };
  for (const theme of ['light', 'dark', 'light', 'dark']) {
    await system(theme);
    await assertReadable(`the system turned ${theme}`, theme === 'dark');
  }

  // The user's own choice has priority, until "System" is chosen again.
  const choose = async (theme) => {
    await page.locator('button[aria-label="Open settings dialog"]').click();
    await page.locator(`.graphiql-dialog ::-p-xpath(.//button[.="${theme}"])`).click();
    await page.keyboard.press('Escape');
    await pause(page, 500);
  };
  await choose('Light');
  await assertReadable('light is chosen', false);
  await system('light');
  await system('dark');
  await assertReadable('light is chosen and the system turned dark', false);
  await choose('System');
  await assertReadable('the system is chosen', true);
  await page.browserContext().close();
}

/** The luminance of a pane's background, and the least contrast of a word in it (WCAG 2.2). */
function leastContrast(pane) {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let over = [];
  for (let e = pane; e; e = e.parentElement) over.push(channels(getComputedStyle(e).backgroundColor));
  over = over
    .reverse()
    .reduce(
      (below, [r, g, b, a = 1]) => [r, g, b].map((v, i) => v * a + below[i] * (1 - a)),
      [255, 255, 255],
    );
  const background = luminance(`rgb(${over})`);
  const words = [...pane.querySelectorAll('.view-line span span')].filter((word) => word.innerText.trim());
  const contrasts = words.map((word) => {
    const [low, high] = [background, luminance(getComputedStyle(word).color)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
  return { background, contrast: words.length ? Math.min(...contrasts) : 0 };
}

export async function testNarrow(browser, address, screenshot) {
  const page = await open(browser, address, { width: 480, height: 800 });
  await assertUsable(page, 'opened at 480 px');
  await pressButton(page, 'Log in');
  await page.locator('.login-dialog button[type="submit"]').click();
  await waitForStatus(page, /^Logged in as demo until /);
  for (const [title, operation] of [
    ['2 Create events', 'CreateEvents'],
    ['5 Dry run', 'DryRun'],
    ['1 Log in', 'LogIn'],
  ]) {
    await openTab(page, title, operation);
    const { answer } = await run(page, operation, ['data']);
    assert.equal(answer.errors, undefined);
    await assertUsable(page, title);
  }
  await page.screenshot({ path: screenshot, fullPage: true });

  await page.locator('button[aria-label="Show Documentation Explorer"]').click();
  await page.locator('.graphiql-doc-explorer-content ::-p-text(Mutation)').wait();
  const docs = await page.$eval('.graphiql-plugin', (e) => ({ ...e.getBoundingClientRect().toJSON() }));
  assert.ok(docs.width >= 400 && docs.height >= 200, `the documentation is ${docs.width} × ${docs.height}`);
  await assertUsable(page, 'with documentation');
  await page.locator('button[aria-label="Hide Documentation Explorer"]').click();
  await page.locator('button[aria-label="Hide editor tools"]').click();
  await page.locator('button[aria-label="Show editor tools"]').click();
  await pause(page, 300);
  await assertUsable(page, 'after hiding and showing the variables');

  await page.setViewport({ width: 1200, height: 800 });
  await pause(page, 500);
  const [query, , response] = await boxes(page);
  assert.ok(response.left >= query.right, 'the wide page does not show query and response side by side');
  await page.setViewport({ width: 480, height: 800 });
  await pause(page, 500);
  await assertUsable(page, 'narrowed while open');
  await page.browserContext().close();
}

const boxes = (page) =>
  page.evaluate(
    (panes) => panes.map((pane) => document.querySelector(pane).getBoundingClientRect().toJSON()),
    panes,
  );

/** No scrolling sideways, three panes below each other and of full width, and no button out of reach. */
async function assertUsable(page, name) {
  const { width, scroll } = await page.evaluate(() => ({
    width: innerWidth,
    scroll: document.documentElement.scrollWidth,
  }));
  assert.ok(scroll <= width, `${name}: the page is ${scroll} px wide`);
  let above = 0;
  for (const [i, box] of (await boxes(page)).entries()) {
    assert.ok(
      box.left >= 0 && box.right <= width && box.width >= 0.9 * width,
      `${name}: ${panes[i]} is ${box.width} px wide`,
    );
    assert.ok(box.height >= 200, `${name}: ${panes[i]} is ${box.height} px high`);
    assert.ok(i === 0 || box.top >= above, `${name}: ${panes[i]} overlaps the one above`);
    above = box.bottom;
  }
  const hidden = await page.$$eval(buttons, (buttons) =>
    buttons
      .filter((button) => {
        button.scrollIntoView({ block: 'center', inline: 'nearest' });
        const { x, y, width, height } = button.getBoundingClientRect();
        return !button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
      })
      .map((button) => button.ariaLabel ?? button.textContent),
  );
  assert.deepEqual(hidden, [], `${name}: buttons that cannot be pressed`);
}
