/** Each view over a real state directory: it answers its question, and nothing that a job wrote becomes markup. */
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { sha256 } from '../../../src/system/file/hash.ts';
import { findZone, hostZone } from '../../../src/system/time/zones.ts';
import { wallTime } from '../../../src/zone/wall-time.ts';
import { marker, type WebScene, webScene } from './web-scene.ts';

let scene: WebScene;
before(async () => {
  scene = await webScene();
});
after(() => scene.end());

async function get(target: string): Promise<string> {
  const answer = await scene.routes.request(target);
  const body = await answer.text();
  assert.equal(answer.status, 200, `${target}: ${scene.told.map(({ stack }) => stack).join()}`);
  return body;
}

/** The words that people read. */
function wordsOf(html: string): string {
  const text = html.replaceAll(/<title>.*?<\/title>/gs, '').replaceAll(/<[^>]*>/g, ' ');
  const plain = text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'");
  return plain.replaceAll('&amp;', '&').replaceAll(/\s+/g, ' ');
}

const dayOf = (ms: number) => wallTime(ms, hostZone()).slice(0, 10);
const runOf = (slug: string) => `/jobs/${slug}/runs/${scene.lastRun(slug)}`;

test('the first view says what fails, since when, with which last words, and what to type', async () => {
  const html = await get('/');
  const words = wordsOf(html);
  assert.match(words, /failing backup .*failed with exit code 3; 4 failures in a row · since/);
  assert.match(words, /FATAL: too many connections/);
  assert.match(words, /jobctl start backup copy log why history/);
  assert.doesNotMatch(words, /=====|end command output/);
  assert.match(html, new RegExp(`href="${runOf('backup')}#end">log<`));
  assert.match(html, /<title>\d failing · 1 invalid · /);
});

test('jobs that began to fail together in the same words are one need with likely one cause', async () => {
  const words = wordsOf(await get('/'));
  assert.match(
    words,
    /mail-out , report , sync-a timed out after 10 minutes · 3 jobs, all within 2 min of .*likely one cause/,
  );
});

test('the first view says what runs now, for how long yet, and what starts in the next hour', async () => {
  const words = wordsOf(await get('/'));
  assert.match(words, /Running now import for 4[12] min 2\d min longer than the usual 1\d min timeout in 1\d min log/);
  assert.match(words, /Next hour \d\d:\d\d \d+ \S/);
  assert.match(words, /3 clean-sessions, index-products, send-invoices/);
});

test('the first view says what took longer than usual, and who paused what and why', async () => {
  const words = wordsOf(await get('/'));
  assert.match(words, /Slower than usual, last 24 hours nightly 20 min usually 1\d min /);
  assert.match(
    words,
    /Paused and disabled by people rollout paused by ada until [^:]+:\d\d:\d\d: upgrade of the web servers/,
  );
  assert.match(words, /1 disabled old-import/);
  assert.match(words, /The last words of mail-out: waiting for the store … run it again: .*jobctl start mail-out/);
});

test('the list is ordered by the column that the address names', async () => {
  const order = async (sort: string) =>
    [...(await get(`/jobs?sort=${sort}`)).matchAll(/<tr id="job-([^"]+)"/g)].map(([, slug]) => slug);
  assert.equal((await order('name'))[0], 'archive-orders');
  assert.equal((await order('took'))[0], 'nightly');
});

test('a paused job says who paused it and why, in the list and in its own view', async () => {
  assert.match(
    wordsOf(await get('/jobs?state=paused')),
    /1 of \d+ jobs .*rollout .*by ada .*upgrade of the web servers/,
  );
  const words = wordsOf(await get('/jobs/rollout'));
  assert.match(words, /Decisions of people .*was paused by ada until .*: upgrade of the web servers/);
});

test('a job shows its durations, its days, its next starts, its file and its line of the crontab', async () => {
  const html = await get('/jobs/nightly');
  const words = wordsOf(html);
  assert.match(words, /half of the runs took at most \d+ min · 95 % at most \d+ min · 2 of 90 failed · timeout 30 min/);
  assert.match(words, /2 of 8\d days had a failure/);
  assert.match(words, /Next starts/);
  assert.match(words, /15 2 \* \* \* \S+ \/usr\/bin\/run-job --job nightly/);
  const failed = wordsOf(await get('/jobs/nightly?runs=failed'));
  assert.equal(failed.match(/\d min failed with exit code 3/g)?.length, 2);
  const older = /href="(\/jobs\/nightly\?[^"]*before=\d+)#runs"/.exec(html)?.[1] ?? assert.fail('no older runs');
  assert.match(await get(older.replaceAll('&amp;', '&')), /older/);
});

test('the log of a run opens at its end and leads to its beginning', async () => {
  const html = await get(runOf('import'));
  assert.match(wordsOf(html), /lines 1,001 to 1,500 of 1,500/);
  assert.match(html, /id="L1500"/);
  assert.doesNotMatch(html, /id="L1000"/);
  const older = /href="([^"]*\?from=\d+)#log">◂ older/.exec(html)?.[1] ?? assert.fail('no older lines');
  assert.match(wordsOf(await get(older)), /lines 501 to 1,000 of 1,500/);
  const start = await get(`${runOf('import')}?from=0`);
  assert.match(start, /id="L1"/);
  assert.match(start, /newer ▸/);
});

test('a search goes through the whole log and says how many lines have it', async () => {
  const words = wordsOf(await get(`${runOf('import')}?find=IMPORTED+1`));
  assert.match(words, /611 lines have it, 112 to 611 are shown/);
  assert.match(wordsOf(await get(`${runOf('import')}?find=nowhere`)), /0 lines have it/);
  assert.match(wordsOf(await get(`${runOf('backup')}?stream=err`)), /2 lines of this kind/);
  assert.match(wordsOf(await get(`${runOf('backup')}?find=dumping`)), /1 line has it .*dumping database shop/);
});

test('a compressed log is read and found like any other', async () => {
  const [, run = ''] = [...(await get('/jobs/nightly')).matchAll(/href="(\/jobs\/nightly\/runs\/[^"]+)"/g)][10] ?? [];
  assert.match(wordsOf(await get(run)), /lines 1 to 2 of 2 · \d+ bytes, compressed .*dumping shop … .*done/);
  assert.equal((await get(`${run}/log.txt`)).split('\n').length, 3);
});

test('the raw log is a download of plain text with every byte', async () => {
  const answer = await scene.routes.request(`${runOf('evil')}/log.txt`);
  assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="evil-\d{8}-\d{6}\.log"$/);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.ok(bytes.includes(Buffer.from([0xff, 0xfe, 0xc3, 0x28])));
  assert.ok(bytes.length > 1024 * 1024);
});

test('a colour of a program becomes a class, and nothing else of its control characters survives', async () => {
  const html = await get(runOf('evil'));
  assert.match(html, /<span class="ansi-red bold">red<\/span>/);
  assert.match(html, /\\u001b\]8;;/);
  assert.doesNotMatch(html, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u202e\u2066]/);
});

test('a path in the history that is no log of the job is not opened', async () => {
  const secret = scene.path('secret');
  writeFileSync(secret, 'topsecret\n');
  const run = 'planted';
  const started = {
    event: 'started',
    run,
    atMs: scene.nowMs,
    trigger: { by: 'clock' },
    jobSha256: '',
    host: 'h',
  } as const;
  scene.append('by-hand', { ...started, logPath: secret });
  assert.doesNotMatch(await get(`/jobs/by-hand/runs/${run}`), /topsecret/);
  assert.equal((await scene.routes.request(`/jobs/by-hand/runs/${run}/log.txt`)).status, 404);
  // A link with the name of a log leads nowhere, too.
  const link = `${scene.path('log')}/by-hand/by-hand-20200101-000000.log`;
  symlinkSync(secret, link);
  scene.append('by-hand', { ...started, run: 'linked', logPath: link });
  assert.doesNotMatch(await get('/jobs/by-hand/runs/linked'), /topsecret/);
  assert.equal((await scene.routes.request('/jobs/by-hand/runs/linked/log.txt')).status, 404);
  unlinkSync(link);
});

test('the timeline shows its times in another zone when it is asked to, and only there', async () => {
  const zone = 'Pacific/Auckland';
  const html = await get(`/timeline?zone=${zone}`);
  assert.match(wordsOf(html), /Times of Pacific\/Auckland\./);
  const auckland = findZone(zone) ?? assert.fail('this host has no time zones');
  assert.match(html, new RegExp(`<h1>Timeline of ${wallTime(Date.now(), auckland).slice(0, 10)}`));
  assert.match(html, new RegExp(`<time class="clock">[^<]*</time> ${hostZone().name}`));
  assert.match(html, /href="\/timeline\?day=[\d-]+&amp;zone=Pacific%2FAuckland"/);
  for (const odd of ['../../etc/passwd', 'Nowhere/Else', '<b>', 'x'.repeat(1500)]) {
    const words = wordsOf(await get(`/timeline?zone=${encodeURIComponent(odd)}`));
    assert.match(words, new RegExp(`This host knows no such zone. Times of ${hostZone().name}`));
  }
});

test('the timeline has a lane for each job that runs on the day, and what is still to come', async () => {
  const words = wordsOf(await get('/timeline'));
  assert.match(words, /Timeline of \d{4}-\d\d-\d\d/);
  assert.match(words, /starts, the most in one minute/);
  const html = await get(`/timeline?tag=mail&day=${dayOf(scene.nowMs - 57 * 60_000)}`);
  assert.deepEqual(
    [...html.matchAll(/<tr id="lane-([^"]+)"/g)].map(([, slug]) => slug),
    ['mail-out', 'report', 'sync-a', 'send-invoices'],
  );
  assert.match(html, /class="run-failure"/);
  const past = await get('/timeline?day=2001-01-01');
  assert.match(wordsOf(past), /0 of \d+ jobs run on this day/);
});

test('events are what failed and who decided what, newest first', async () => {
  const words = wordsOf(await get('/events'));
  assert.match(words, /backup failed with exit code 3/);
  assert.match(words, /rollout was paused by ada/);
  const decisions = wordsOf(await get('/events?outcome=people&job=rollout'));
  assert.match(decisions, /was paused by ada/);
  assert.doesNotMatch(decisions, /exit code/);
});

test('why gives the answer of jobctl why with what to do, for now and for a time that people type', async () => {
  const words = wordsOf(await get('/why/backup'));
  assert.match(words, /backup ran at .* and failed with exit code 3/);
  assert.match(words, /All findings/);
  assert.match(wordsOf(await get('/why/nightly?at=yesterday+02:15')), /nightly ran at/);
});

test('an address that is no view of this host is not found', async () => {
  for (const target of [
    '/jobs/none',
    '/why/none',
    '/jobs/backup/runs/none',
    '/services/backup/0/log',
    '/services/none',
    '/jobs/backup/runs/none/log.txt',
  ])
    assert.equal((await scene.routes.request(target)).status, 404, target);
});

test('no text of a job becomes markup in any view', async () => {
  const targets = [
    '/',
    '/jobs',
    '/jobs?sort=name',
    '/jobs/evil',
    runOf('evil'),
    '/events?outcome=all',
    '/why/evil',
    '/timeline',
    '/host',
    '/help',
  ];
  for (const target of targets) {
    const html = await get(target);
    const tags =
      html.replace(/<script type="module" src="\/assets\/[0-9a-f]{12}\.js">/, '').match(/<[a-z!/][^>]*>/gi) ?? [];
    assert.ok(tags.length > 10);
    for (const tag of tags) {
      // An escaped text in an attribute is inert.
      const bare = tag.replaceAll(/="[^"]*"/g, '');
      assert.doesNotMatch(bare, new RegExp(`${marker}|<script|onerror|onload|onmouse|style`, 'i'), `${target}: ${tag}`);
      assert.doesNotMatch(tag, /href="(?!\/|#)/, `${target}: ${tag}`);
    }
  }
  assert.equal(readFileSync(scene.path('jobs/evil.yaml'), 'utf8').includes('script'), true);
});

test('a service shows its instances, and the log of each', async () => {
  assert.match(wordsOf(await get('/services')), /1 service .*DEGRADED shop-web web .*2 of 3 up; shop-web\.2 backoff/);
  const words = wordsOf(await get('/services/shop-web'));
  assert.match(words, /shop-web\.2 backoff .*starts again at .*4 restarts/);
  assert.match(wordsOf(await get('/services/shop-web/2/log')), /address already in use/);
  assert.match(wordsOf(await get('/')), /DEGRADED shop-web .*address already in use/);
  assert.equal((await scene.routes.request('/services/shop-web/3/log.txt')).status, 404);
});

test('a run that obeyed another file than the run before says so, and that the earlier text is not kept; no text of the file is shown', async () => {
  const file = scene.path('jobs/by-hand.yaml');
  const text = readFileSync(file, 'utf8');
  assert.doesNotMatch(wordsOf(await get(runOf('by-hand'))), /was changed before this run/);
  writeFileSync(file, `${text}environment: {TOKEN: geheim}\n`);
  scene.run('by-hand');
  scene.changed('by-hand');
  const html = await get(runOf('by-hand'));
  const [was, is] = [text, readFileSync(file, 'utf8')].map((one) => sha256(Buffer.from(one)).slice(0, 12));
  const words = wordsOf(html);
  assert.ok(words.includes(`run before obeyed ${was} , this one ${is} . Only these hashes are on record`), words);
  assert.ok(!html.includes('geheim'));
  writeFileSync(file, text);
});
