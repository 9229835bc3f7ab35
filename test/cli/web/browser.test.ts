/**
 * The page in a real browser: each view in light, dark, on a phone, at 200 %, in forced colours and without script; keys; contents that become fresh
 * without a jump; and the texts of jobs, which never run. One browser and one scene serve all tests.
 *
 * `WEB_PICTURES=FOLDER` also writes the pictures of the README there.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { noBrowser, type ShownPage, showInBrowser } from './browser.ts';
import { marker, type WebScene, webScene } from './web-scene.ts';

let scene: WebScene;
let shown: ShownPage;
before(async () => {
  if (noBrowser !== false) return;
  scene = await webScene();
  shown = await showInBrowser(scene);
});
after(async () => {
  await shown?.close();
  await scene?.end();
});

const skip = noBrowser;

const runOf = (slug: string) => `/jobs/${slug}/runs/${scene.lastRun(slug)}`;
const allViews = () => [
  ...[
    '/',
    '/jobs',
    '/jobs/backup',
    '/jobs/nightly',
    '/jobs/new',
    '/timeline',
    '/events',
    '/services',
    '/services/shop-web',
    '/services/shop-web/2/log',
    '/why/backup',
    '/host',
    '/help',
  ],
  ...[runOf('backup'), `${runOf('import')}?find=imported+14&wrap=0`],
];

/** What axe finds by the rules of WCAG 2.2 AA and its own best practices; of a page in another look, by those that a look can break. */
async function findings(page: Page, how: 'all' | 'look'): Promise<readonly string[]> {
  // As a value, since the page's own rules allow no other script.
  await page.evaluate(axe.source);
  return page.evaluate(async (isLook) => {
    const { axe: judge } = globalThis as unknown as { axe: { run(where: unknown, how: unknown): Promise<AxeResult> } };
    const how = isLook
      ? { runOnly: ['color-contrast', 'target-size'] }
      : { rules: { 'target-size': { enabled: true } } };
    const { violations } = await judge.run('body', how);
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
  }, how === 'look');
}

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** The pixels by which a view is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    // biome-ignore lint/suspicious/noExplicitAny: the types of a browser are not those of this program
    const root = (globalThis as any).document.documentElement;
    return root.scrollWidth - root.clientWidth;
  });
}

for (const [name, options, rules] of [
  ['in light', {}, 'all'],
  ['in dark', { colorScheme: 'dark' }, 'look'],
  ['on a phone', { viewport: { width: 360, height: 740 } }, 'look'],
  ['at 200 %', { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }, 'none'],
  ['in forced colours', { forcedColors: 'active' }, 'none'],
] as const)
  test(`each view ${name} fits its window, and nobody complains of it`, { skip }, async () => {
    const { page, complaints } = await shown.open(options);
    for (const view of allViews()) {
      await page.goto(view);
      assert.equal(await overflow(page), 0, view);
      if (rules !== 'none') assert.deepEqual(await findings(page, rules), [], view);
    }
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

test('without script every view is whole, and links, filter and pages of a log work', { skip }, async () => {
  const { page, complaints } = await shown.open({ javaScriptEnabled: false });
  await page.goto('/');
  await page.click('.verdict a[href="/jobs?state=failing"]');
  assert.match(page.url(), /\/jobs\?state=failing$/);
  await page.fill('input[name="q"]', 'back');
  await page.click('button');
  assert.equal(await page.locator('tr[data-row]').count(), 1);
  await page.click('tr[data-row] a');
  await page.click('text=last log');
  assert.match((await page.textContent('.log')) ?? '', /too many connections/);
  await page.goto(runOf('import'));
  await page.click('text=older');
  assert.match((await page.textContent('main')) ?? '', /lines 501 to 1,000 of 1,500/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('keys lead to every view and row, and leave a field alone', { skip }, async () => {
  const { page } = await shown.open();
  await page.goto('/');
  for (const [key, address] of [
    ['j', '/jobs'],
    ['t', '/timeline'],
    ['e', '/events'],
    ['s', '/services'],
    ['n', '/'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await page.waitForURL(`${shown.origin}${address}`);
  }
  await page.keyboard.press('?');
  await page.waitForURL('**/help');
  await page.keyboard.press('/');
  await page.waitForURL('**/jobs');
  await page.keyboard.press('/');
  await page.keyboard.type('gj?');
  assert.equal(await page.inputValue('input[name="q"]'), 'gj?');
  await page.goto('/jobs');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/jobs/backup');
  await page.context().close();
});

test('the tabulator reaches every link and field, and the focus is seen', { skip }, async () => {
  const { page } = await shown.open();
  for (const view of ['/', runOf('backup')]) {
    await page.goto(view);
    const wanted = await page
      .locator('a[href]:visible, input:visible, select:visible, button:visible, summary:visible')
      .count();
    const reached = new Set<string>();
    for (let at = 0; at < wanted; at += 1) {
      await page.keyboard.press('Tab');
      reached.add(
        await page.evaluate(() => {
          // biome-ignore lint/suspicious/noExplicitAny: the types of a browser are not those of this program
          const { document, getComputedStyle } = globalThis as any;
          const one = document.activeElement;
          const isSeen = getComputedStyle(one).outlineStyle !== 'none';
          return isSeen ? String([...document.querySelectorAll('*')].indexOf(one)) : 'unseen';
        }),
      );
    }
    assert.equal(reached.has('unseen'), false, view);
    assert.equal(reached.size, wanted, view);
  }
  await page.context().close();
});

test('a run that ends changes its row in place; a new order waits until it is asked for', { skip }, async () => {
  const { page } = await shown.open();
  await page.goto('/jobs');
  await page.waitForSelector('text=live');
  await page.mouse.move(200, 300);
  await page.fill('input[name="q"]', 'half a wo');
  const order = () => page.locator('tr[data-row]').evaluateAll((rows) => rows.map((row) => (row as { id: string }).id));
  const before = await order();
  scene.fail('archive-orders');
  await page.waitForSelector('button.changes');
  assert.deepEqual(await order(), before);
  assert.equal(await page.inputValue('input[name="q"]'), 'half a wo');
  await page.click('button.changes');
  await page.waitForSelector('tr#job-archive-orders >> text=failing');
  assert.notDeepEqual(await order(), before);
  assert.equal(await page.locator('button.changes').count(), 0);
  assert.equal(await page.inputValue('input[name="q"]'), 'half a wo');
  // Another failure leaves the order as it is, so nothing has to wait.
  await page.focus('tr#job-archive-orders a');
  scene.fail('archive-orders');
  await page.waitForSelector('tr#job-archive-orders >> text=2 failures in a row');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'archive-orders');
  assert.match(await page.title(), /6 failing/);
  await page.context().close();
});

test('a log that grows is followed, and its lines are not selected away', { skip }, async () => {
  const { page } = await shown.open();
  await page.goto(runOf('import'));
  await page.keyboard.press('f');
  await page.waitForSelector('text=following');
  scene.print('import', 'the last row');
  await page.waitForSelector('.log >> text=the last row');
  for (const text of ['one more', 'and one']) scene.print('import', text);
  await page.waitForSelector('.log >> text=and one');
  const lines = await page.locator('.log li .text').allTextContents();
  assert.deepEqual(lines.slice(-4), ['imported 149900 rows', 'the last row', 'one more', 'and one']);
  assert.equal(await page.locator('.log li:last-child').getAttribute('id'), 'L1503');
  await page.keyboard.press('f');
  await page.context().close();
});

test('a command is copied by its button, also by key, and the button says so', { skip }, async () => {
  const { page, complaints } = await shown.open({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto('/');
  const button = page.locator('#need-backup button.copy');
  await button.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('#need-backup button.copy >> text=copied');
  assert.match(await page.evaluate('navigator.clipboard.readText()'), /jobctl start backup$/);
  await page.waitForSelector('[role=status] >> text=/^copied: .*jobctl start backup$/', { state: 'attached' });
  // Without a clipboard the command is marked.
  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())');
  await page.click('#need-report button.copy, #need-mail-out button.copy, #need-new button.copy');
  assert.match(await page.evaluate('String(getSelection())'), /jobctl/);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('texts of jobs stay texts: nothing runs, no element comes of them, no other host is asked', { skip }, async () => {
  const { page, complaints } = await shown.open();
  const ran: string[] = [];
  await page.exposeFunction(marker, () => ran.push(page.url()));
  for (const view of [
    '/',
    '/jobs',
    '/jobs/evil',
    runOf('evil'),
    `${runOf('evil')}?find=script`,
    '/events?outcome=all',
    '/why/evil',
    '/timeline',
  ]) {
    await page.goto(view);
    const planted = await page.evaluate(() => {
      // biome-ignore lint/suspicious/noExplicitAny: the types of a browser are not those of this program
      const { document } = globalThis as any;
      // biome-ignore lint/suspicious/noExplicitAny: an element
      const all: any[] = [...document.querySelectorAll('*')];
      return all
        .filter(
          (one) =>
            ['IMG', 'IFRAME', 'OBJECT', 'STYLE'].includes(one.tagName) ||
            (one.tagName === 'SCRIPT' && !one.src.includes('/assets/')) ||
            [...one.attributes].some(({ name }: { name: string }) => name.startsWith('on') || name === 'style') ||
            /^javascript:/i.test(one.getAttribute('href') ?? ''),
        )
        .map((one) => one.outerHTML.slice(0, 200));
    });
    assert.deepEqual(planted, [], view);
    await page.locator('main').hover();
  }
  assert.match((await page.textContent('main')) ?? '', /evil/);
  assert.deepEqual([ran, complaints], [[], []]);
  await page.context().close();
});

const pictures = process.env.WEB_PICTURES;
test('the pictures of the README are made', {
  skip: skip || (pictures === undefined && 'WEB_PICTURES names no folder'),
}, async () => {
  const quiet = await webScene({ isPeaceful: true });
  const over = await showInBrowser(quiet);
  for (const [name, view, options] of [
    ['page-now', '/', { viewport: { width: 1200, height: 1180 } }],
    ['page-timeline', '/timeline', { colorScheme: 'dark' }],
  ] as const) {
    const { page } = await over.open({ viewport: { width: 1200, height: 860 }, ...options });
    await page.goto(view);
    await page.waitForSelector('text=live');
    await page.screenshot({ path: path.join(pictures ?? '', `${name}.png`) });
  }
  await over.close();
  await quiet.end();
});
