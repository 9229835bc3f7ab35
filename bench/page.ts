/**
 * The page over 10,000 jobs with 1,000,000 runs on record: how soon it answers, what it takes of the machine, and what many and slow readers do to it.
 * `BENCH_QUICK=1`: a tenth of all.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as after } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Bench, Figure } from './frame/measure.ts';
import { type Host, makeHost } from './listings.ts';
import { type Page, startPage } from './web/page-process.ts';
import { crowd, slowReaders } from './web/readers.ts';

const isQuick = process.env.BENCH_QUICK === '1';
const [jobs, loadMs, logBytes] = isQuick ? [1000, 6000, 2 ** 26] : [10_000, 60_000, 2 ** 30];
const runs = isQuick ? 5 : 20;
const idleJobs = 1000;
const idleMs = loadMs;

export function bench(): Bench {
  const base = mkdtempSync('/var/lib/pc-bench-page-');
  spawnSync('chmod', ['755', base]);
  return { rows: [], figures: () => figures(base), end: () => rmSync(base, { recursive: true }) };
}

async function figures(base: string): Promise<readonly Figure[]> {
  const host = makeHost(base, jobs);
  const big = bigLog(host);
  const page = await startPage(host);
  try {
    return [
      ...(await starting(page)),
      ...(await answering(page)),
      ...(await changing(page, host)),
      ...(await reading(page, big)),
      ...(await loaded(page)),
      ...(await idling(host.count === idleJobs ? host : makeHost(base, idleJobs))),
    ];
  } finally {
    await page.stop();
  }
}

interface Goal {
  readonly bar: number;
  readonly stretch: number;
  readonly unit: 'ms' | 'KiB' | 'MiB' | '%';
}

function figure(title: string, value: number, goal?: Goal): Figure {
  const ours = `${value < 10 ? value.toFixed(1) : Math.round(value)} ${goal?.unit ?? 'ms'}`;
  if (goal === undefined) return { title, ours, peer: '', ratio: 1 };
  const { bar, stretch, unit } = goal;
  return { title, ours, peer: `bar ${bar} ${unit}`, ratio: value / bar, bar: 1, stretch: stretch / bar };
}

async function starting(page: Page): Promise<readonly Figure[]> {
  const bare = page.rssMiB();
  await page.stallMs();
  const first = await page.firstPageMs('/');
  return [
    figure('RSS, bare', bare, { bar: 70, stretch: 60, unit: 'MiB' }),
    figure('first page after the start', first, { bar: 3000, stretch: 1000, unit: 'ms' }),
    figure('longest stall until then', await page.stallMs(), { bar: 100, stretch: 50, unit: 'ms' }),
    figure('RSS, all jobs known', page.rssMiB(), { bar: 130, stretch: 90, unit: 'MiB' }),
  ];
}

async function answering(page: Page): Promise<readonly Figure[]> {
  const found: Figure[] = [];
  const rows: readonly (readonly [string, number, number])[] = [
    ['/', 150, 50],
    ['/jobs', 150, 50],
    ['/jobs/job77', 150, 60],
    ['/timeline', 150, 60],
    ['/events', 150, 60],
    ['/api/v1/events', 150, 60],
    ['/metrics', 1000, 400],
  ];
  for (const [target, bar, stretch] of rows) {
    const answers = [];
    for (let n = 0; n < runs; n += 1) answers.push(await page.get(target));
    const p95 = percentile(
      answers.map(({ firstByteMs }) => firstByteMs),
      0.95,
    );
    found.push(figure(`${target}: first byte, p95 of ${runs}`, p95, { bar, stretch, unit: 'ms' }));
    const body = answers[0]?.body ?? Buffer.alloc(0);
    const raw: Goal =
      target === '/metrics' ? { bar: 12_288, stretch: 12_288, unit: 'KiB' } : { bar: 150, stretch: 100, unit: 'KiB' };
    found.push(figure(`${target}: size`, body.length / 1024, raw));
    if (target !== '/metrics')
      found.push(figure(`${target}: size, gzip`, gzipSync(body).length / 1024, { bar: 20, stretch: 12, unit: 'KiB' }));
  }
  return [...found, figure('longest stall by these', await page.stallMs(), { bar: 100, stretch: 50, unit: 'ms' })];
}

/** A run that ends is told, and then seen. */
async function changing(page: Page, { config }: Host): Promise<readonly Figure[]> {
  const changes = page.listen('/api/v1/changes');
  await changes.heard('retry');
  const file = path.join(path.dirname(config), 'state/history/job5.jsonl');
  const last = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-2).join('\n');
  const [run = ''] = /\d{8}-\d{6}-[0-9a-f]{8}/.exec(last) ?? [];
  const beganMs = performance.now();
  appendFileSync(file, `${last.replaceAll(run, '20301231-235959-abcdef01')}\n`);
  await changes.heard('job5');
  for (;;) if ((await page.get('/jobs/job5')).body.includes('20301231-235959-abcdef01')) break;
  const tookMs = performance.now() - beganMs;
  changes.close();
  return [figure('a run ends: on the page', tookMs, { bar: 3000, stretch: 1500, unit: 'ms' })];
}

async function reading(page: Page, run: string): Promise<readonly Figure[]> {
  const before = page.rssMiB();
  const end = await page.get(`/jobs/job0/runs/${run}`);
  const search = await page.get(`/jobs/job0/runs/${run}?find=needle`);
  if (!end.body.includes('the last line')) throw new Error('the log does not end as it should');
  return [
    figure(`end of a log of ${logBytes / 2 ** 20} MiB`, end.firstByteMs, { bar: 200, stretch: 80, unit: 'ms' }),
    figure('search in it', search.firstByteMs, { bar: 3000, stretch: 1000, unit: 'ms' }),
    figure('memory that took', Math.max(0, page.rssMiB() - before), { bar: 30, stretch: 10, unit: 'MiB' }),
  ];
}

async function loaded(page: Page): Promise<readonly Figure[]> {
  await page.stallMs();
  const targets = [
    '/',
    '/jobs',
    '/jobs?page=3&sort=next',
    '/jobs/job77',
    '/timeline',
    '/events',
    '/host',
    '/api/v1/jobs',
  ];
  const { waits, failed } = await crowd(page.socket, { clients: 50, forMs: loadMs, targets });
  const rows = [
    figure(`50 clients: first byte, p95 of ${waits.length}`, percentile(waits, 0.95)),
    { ...figure('50 clients: not answered', failed), ours: String(failed) },
    figure('50 clients: longest stall', await page.stallMs(), { bar: 100, stretch: 50, unit: 'ms' }),
    figure('RSS after it', page.rssMiB(), { bar: 200, stretch: 150, unit: 'MiB' }),
  ];
  const slow = await slowReaders(page.socket, { readers: 200, target: '/metrics' });
  return [
    ...rows,
    figure('200 slow readers: all are closed after', slow.closedMs),
    figure('200 slow readers: another one is answered after', slow.answeredMs),
    figure('RSS after them', page.rssMiB(), { bar: 200, stretch: 150, unit: 'MiB' }),
  ];
}

async function idling(host: Host): Promise<readonly Figure[]> {
  const page = await startPage(host, 'idle.sock', false);
  try {
    const changes = page.listen('/api/v1/changes');
    await changes.heard('retry');
    await page.firstPageMs('/');
    // Reading all histories once is no idling.
    while ((await page.get('/events')).body.includes('still being read')) await after(500);
    await after(5000);
    const before = page.cpuMs();
    await after(idleMs);
    const share = ((page.cpuMs() - before) / idleMs) * 100;
    changes.close();
    return [figure(`CPU while idle, ${idleJobs} jobs, one tab`, share, { bar: 1, stretch: 0.3, unit: '%' })];
  } finally {
    await page.stop();
  }
}

/** Writes the log of the last run of the first job, and returns the run. */
function bigLog({ config }: Host): string {
  const root = path.dirname(config);
  const text = readFileSync(path.join(root, 'state/history/job0.jsonl'), 'utf8').trimEnd();
  const started = JSON.parse(text.split('\n').at(-2) ?? '') as { readonly run: string; readonly logPath: string };
  mkdirSync(path.dirname(started.logPath), { recursive: true });
  const fd = openSync(started.logPath, 'w');
  const line = `2026-11-29T01:00:05.123Z INFO ${'a line of a log that is long. '.repeat(3)}\n`;
  const block = Buffer.from(line.repeat(Math.ceil(2 ** 20 / line.length)).concat(line.replace('INFO', 'INFO needle')));
  for (let written = 0; written < logBytes; written += block.length) writeSync(fd, block);
  writeSync(fd, '2026-11-29T01:00:05.123Z INFO the last line\n');
  closeSync(fd);
  spawnSync('chown', ['-R', 'nobody', path.dirname(started.logPath)]);
  return started.run;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
