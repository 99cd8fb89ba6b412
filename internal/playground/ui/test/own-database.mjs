// The page of a server without demo data: no login and no name of the demo, in any file of the page.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  editorText,
  kept,
  open,
  openTab,
  pressButton,
  ready,
  run,
  setEditor,
  status,
  tabTitles,
  waitForStatus,
} from './browser.mjs';
import { titles } from './tabs.mjs';

const password = 'own-secret-word';

export async function testOwnDatabase(browser, program) {
  const folder = mkdtempSync(join(tmpdir(), 'own-database-'));
  const args = ['--database', `sqlite:${join(folder, 'own.db')}`];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CRM_')));
  const runProgram = (...command) => {
    const { status, stderr } = spawnSync(program, [...command, ...args], {
      env,
      input: `${password}\n`,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  };
  runProgram('migrate');
  runProgram('user', 'add', 'shop');
  const server = spawn(
    program,
    [...args, '--listen', '127.0.0.1:0', '--introspection', 'on', '--drain', '0s'],
    { env },
  );
  try {
    await testPage(browser, await addressOf(server));
  } finally {
    server.kill();
    if (server.exitCode === null) await once(server, 'exit');
    rmSync(folder, { recursive: true });
  }
}

async function testPage(browser, address) {
  const page = await open(browser, address);
  const files = await page.evaluate(() =>
    performance.getEntriesByType('resource').map((entry) => entry.name),
  );
  assert.ok(files.length >= 5, 'the files of the page are not listed');
  for (const file of [address, ...files, new URL('/examples-demo.json', address)]) {
    const text = await (await fetch(file)).text();
    for (const value of ['demo-password', '"demo"', 'ACR0000000020', 'Admin Unit']) {
      assert.ok(!text.includes(value), `${file} contains ${value}`);
    }
  }
  assert.deepEqual(await tabTitles(page), titles);
  assert.match(
    await editorText(page, 'operation.graphql'),
    /Write your username and password into the variables/,
  );
  assert.deepEqual(JSON.parse(await editorText(page, 'variables.json')), {
    input: { username: '', password: '' },
  });
  assert.equal(await status(page), 'Not logged in');

  await pressButton(page, 'Log in');
  assert.deepEqual(await page.$$eval('.login-dialog input', (inputs) => inputs.map((input) => input.value)), [
    '',
    '',
  ]);
  await page.locator('#username').fill('shop');
  await page.locator('#password').fill(password);
  await page.locator('.login-dialog button[type="submit"]').click();
  await waitForStatus(page, /^Logged in as shop until /);
  assert.equal(await page.$eval('#password', (input) => input.value), '', 'the dialog keeps the password');
  for (const [title, operation] of [
    ['2 Create events', 'CreateEvents'],
    ['4 Read events', 'ReadEvents'],
    ['5 Dry run', 'DryRun'],
  ]) {
    await openTab(page, title, operation);
    assert.equal((await run(page, operation, ['data'])).answer.errors, undefined, title);
  }

  // A password in the tab is used, but not kept.
  await openTab(page, '1 Log in', 'LogIn');
  await setEditor(page, 'variables.json', JSON.stringify({ input: { username: 'shop', password } }));
  const { token } = (await run(page, 'LogIn', ['token'])).answer.data.login;
  await page.reload({ waitUntil: 'networkidle0' });
  await ready(page);
  assert.deepEqual(JSON.parse(await editorText(page, 'variables.json')), {
    input: { username: 'shop', password: '' },
  });
  const text = await kept(page);
  assert.ok(
    text.includes('shop') && !text.includes(password) && !text.includes(token),
    'the password or token is kept',
  );
  await page.browserContext().close();
}

/** Reads the address from the server's log. */
async function addressOf(server) {
  let log = '';
  for await (const chunk of server.stderr) {
    log += chunk;
    const address = /"listening","address":"([^"]+)"/.exec(log)?.[1];
    if (address) {
      server.stderr.on('data', () => {}).resume();
      return `http://${address}`;
    }
  }
  throw new Error(`the server has ended: ${log}`);
}
