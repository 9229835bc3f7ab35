/** A real state directory with three months of runs, hostile texts among them, and the page over it. */
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { minutesTerm } from '../../../src/cli/crontab/generate.ts';
import { loadAllJobs } from '../../../src/cli/crontab/known-jobs.ts';
import { realLocks } from '../../../src/cli/frame/host.ts';
import { jobMemory } from '../../../src/cli/report/job-memory.ts';
import { changeFeed, type Feed } from '../../../src/cli/web/changes/feed.ts';
import { openIndex } from '../../../src/cli/web/index/open-index.ts';
import { latestSnapshot } from '../../../src/cli/web/latest/latest-snapshot.ts';
import { hostReader } from '../../../src/cli/web/read/host-reader.ts';
import { pageRoutes } from '../../../src/cli/web/routes.tsx';
import type { Config } from '../../../src/config/config.ts';
import { composeCrontab } from '../../../src/crontab/crontab.ts';
import { crontabFrame } from '../../../src/crontab/frame.ts';
import { nothingPresent } from '../../../src/crontab/present.ts';
import type { HistoryEvent, Steered, Streak, Trigger } from '../../../src/run/history/event.ts';
import { formatEvent } from '../../../src/run/history/event-lines.ts';
import { healthOf, type Outcome } from '../../../src/run/outcome/outcome.ts';
import { writePause } from '../../../src/run/pause/pause.ts';
import { writeRecord } from '../../../src/service/record/record.ts';
import { sha256 } from '../../../src/system/file/hash.ts';
import { bootId } from '../../../src/system/process/proc.ts';
import { stateFiles } from '../../../src/system/state/state-files.ts';
import { clock } from '../../../src/system/time/clock.ts';
import { hostZone } from '../../../src/system/time/zones.ts';
import type { JobLock } from '../../../src/system/types/lock.ts';
import { users } from '../../../src/system/user/users.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export const marker = 'pwned';
/** Texts that have hurt other pages; each runs `pwned` where it becomes markup. */
export const hostileTexts: readonly string[] = [
  `<script>${marker}()</script>`,
  `"onmouseover="${marker}()" x="`,
  `</title><img src=x onerror=${marker}()>`,
  `javascript:${marker}()`,
  `</pre></main><svg onload=${marker}()>`,
  `\u001b]8;;javascript:${marker}()\u0007click\u001b]8;;\u0007`,
  '\u001b]52;c;cHduZWQ=\u0007',
  '\u001bP1$r0m\u001b\\\u009b31mC1\u0090x\u009c',
  'abc\u202egpj.exe\u2066\u200bd',
  'nul \u0000 bell \u0007',
  '{{constructor.constructor("pwned()")()}}#{pwned()}',
];
const allHostile = hostileTexts.join(' ');

export interface WebScene {
  readonly config: Config;
  readonly routes: ReturnType<typeof pageRoutes>;
  /** What the page has told its own log. */
  readonly told: readonly Error[];
  readonly nowMs: number;
  path(name: string): string;
  readonly feed: Feed;
  /** The id of the latest run of a job. */
  lastRun(slug: string): string;
  append(slug: string, event: HistoryEvent): void;
  /** A run of a job with its log, whose file may have problems. */
  run(slug: string): void;
  /** The program would have heard of a change of the job's file. */
  changed(slug: string): void;
  /** One more run of the job fails, and listeners hear of it. */
  fail(slug: string): void;
  /** One more line in the log of the latest run. */
  print(slug: string, text: string): void;
  end(): Promise<void>;
}

export interface SceneOptions {
  readonly base?: string;
  /** Without hostile texts, for pictures that people look at. */
  readonly isPeaceful?: boolean;
}

export async function webScene({ base = '', isPeaceful = false }: SceneOptions = {}): Promise<WebScene> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'web-'));
  // Everybody may read the job files, so their problems are shown in full.
  chmodSync(directory, 0o755);
  const config = configOf(directory);
  const nowMs = Date.now();
  for (const name of ['jobs', 'log', 'run', 'state/history'])
    mkdirSync(path.join(directory, name), { recursive: true });
  const build = new Builder(config, nowMs);
  build.quiet();
  build.troubled();
  if (!isPeaceful) build.hostile();
  const locks = [await build.running(), await build.service()];
  build.crontab();
  const told: Error[] = [];
  const feed = changeFeed(clock);
  const memory = jobMemory(config);
  const latest = latestSnapshot(config, memory);
  const index = openIndex(config);
  const reader = hostReader(config, latest, memory, index);
  const routes = pageRoutes({ reader, feed, zone: hostZone(), base, tell: (error) => told.push(error) });
  return {
    ...{ config, routes, told, nowMs },
    path: (name) => path.join(directory, name),
    lastRun: (slug) => build.lastRuns.get(slug) ?? '',
    append(slug, event) {
      build.event(slug, event);
      index.changed(slug);
    },
    changed(slug) {
      latest.changed(slug);
      index.changed(slug);
    },
    run(slug) {
      build.run(slug, nowMs - hourMs, 1000, { log: build.log(nowMs, [['INFO', 'done']]) });
      index.changed(slug);
    },
    fail(slug) {
      const startedMs = Date.now() - 2000;
      build.run(slug, startedMs, 1000, {
        outcome: { kind: 'exited', code: 4 },
        log: build.log(startedMs, [['ERROR', 'oops']]),
      });
      latest.changed(slug);
      index.changed(slug);
      feed.tell(slug);
    },
    print: (slug, text) => build.print(slug, text),
    feed,
    async end() {
      feed.close();
      for (const lock of locks) await lock.release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function configOf(directory: string): Config {
  const uid = process.geteuid?.() ?? 0;
  const user = users.find(String(uid)) ?? { name: 'nobody', uid, gid: 0, home: '/', shell: '/bin/sh' };
  return {
    cronTemplate: '{schedule} {user} {command}\n',
    runnerPath: '/usr/bin/run-job',
    serviceUser: user,
    searchPath: '/usr/bin:/bin',
    passEnvironment: [],
    jobDefaults: {},
    jobDirectory: path.join(directory, 'jobs'),
    outputCrontab: path.join(directory, 'crontab'),
    outputDirectory: path.join(directory, 'log'),
    runDirectory: path.join(directory, 'run'),
    stateDirectory: path.join(directory, 'state'),
    logging: { level: 'info', format: 'text', console: false },
    logRetention: {},
    historyBytes: 512 * 1024,
    onInvalidJob: 'keep',
    trust: 'warn',
    trustedOwnerUids: [0, uid],
    portRange: { first: 20_000, last: 20_010 },
    sources: [],
    embedded: false,
    web: { basePath: '', hosts: [] },
  };
}

interface RunOptions {
  readonly outcome?: Outcome;
  readonly log?: string | Buffer;
  readonly trigger?: Trigger;
  readonly isCompressed?: boolean;
}

const succeeded: Outcome = { kind: 'exited', code: 0 };

class Builder {
  readonly #config: Config;
  readonly #nowMs: number;
  readonly #streaks = new Map<string, Streak>();
  readonly #logs = new Map<string, string>();
  readonly lastRuns = new Map<string, string>();

  constructor(config: Config, nowMs: number) {
    this.#config = config;
    this.#nowMs = nowMs;
  }

  job(
    slug: string,
    {
      schedule,
      more = '',
      name = slug,
      tags = [],
    }: { schedule?: string; more?: string; name?: string; tags?: readonly string[] },
  ): void {
    const lines = [
      `name: ${quoted(name)}`,
      'command: /bin/true',
      ...(schedule === undefined ? [] : [`schedule: "${schedule}"`]),
      ...(tags.length === 0 ? [] : [`tags: ${JSON.stringify(tags)}`]),
      more,
    ];
    writeFileSync(path.join(this.#config.jobDirectory, `${slug}.yaml`), `${lines.join('\n')}\n`);
  }

  event(slug: string, event: HistoryEvent): void {
    writeFileSync(path.join(this.#config.stateDirectory, 'history', `${slug}.jsonl`), formatEvent(event), {
      flag: 'a',
    });
  }

  run(slug: string, startedMs: number, durationMs: number, options: RunOptions = {}): void {
    const { outcome = succeeded, log, trigger = { by: 'clock' as const } } = options;
    const run = this.start(slug, startedMs, {
      trigger,
      ...(log !== undefined && { log }),
      ...(options.isCompressed && { isCompressed: true }),
    });
    const endedMs = startedMs + durationMs;
    const before = this.#streaks.get(slug) ?? { failures: 0 };
    const isFailure = healthOf(outcome) === 'failure';
    const since = before.failingSinceMs ?? endedMs;
    const streak: Streak = isFailure
      ? { ...before, failures: before.failures + 1, failingSinceMs: since }
      : { failures: 0, lastSuccessMs: endedMs };
    this.#streaks.set(slug, streak);
    this.event(slug, { event: 'ended', run, atMs: endedMs, outcome, durationMs, streak, attempt: 1 });
  }

  start(slug: string, startedMs: number, { log, trigger = { by: 'clock' }, isCompressed = false }: RunOptions): string {
    const [day = '', time = ''] = new Date(startedMs).toISOString().replace(/[-:]/g, '').split(/[T.]/);
    const run = `${day}-${time}-${sha256(Buffer.from(slug + startedMs)).slice(0, 8)}`;
    const folder = path.join(this.#config.outputDirectory, slug);
    const logPath = path.join(folder, `${slug}-${day}-${time}.log`);
    mkdirSync(folder, { recursive: true });
    if (log !== undefined && isCompressed) writeFileSync(`${logPath}.gz`, gzipSync(log));
    else if (log !== undefined) writeFileSync(logPath, log);
    this.#logs.set(slug, logPath);
    const jobSha256 = this.#shaOf(slug);
    this.event(slug, {
      event: 'started',
      run,
      atMs: startedMs,
      trigger,
      jobSha256,
      logPath,
      host: 'shop',
      ...(trigger.by === 'clock' && { tick: { tickMs: Math.floor(startedMs / minuteMs) * minuteMs } }),
    });
    this.lastRuns.set(slug, run);
    return run;
  }

  print(slug: string, text: string): void {
    appendFileSync(this.#logs.get(slug) ?? '', this.log(this.#nowMs, [['INFO', text]]));
  }

  #shaOf(slug: string): string {
    return sha256(readFileSync(path.join(this.#config.jobDirectory, `${slug}.yaml`)));
  }

  /** A log as run-job writes it. */
  log(startedMs: number, lines: readonly (readonly [level: 'INFO' | 'ERROR' | 'NOTE', text: string])[]): string {
    return lines.map(([level, text], index) => `${stamp(startedMs + index * 137)}\t${level}\t${text}\n`).join('');
  }

  #today(hour: number, minute = 0): number {
    const offsetMs = hostZone().offsetAt(this.#nowMs);
    const dayStart = Math.floor((this.#nowMs + offsetMs) / dayMs) * dayMs - offsetMs;
    const at = dayStart + hour * hourMs + minute * minuteMs;
    return at > this.#nowMs - 5 * minuteMs ? at - dayMs : at;
  }

  quiet(): void {
    const at = (index: number) => 1 + ((index * 7919) % 97) / 97;
    for (const [index, [slug, minute, tags]] of quietJobs.entries()) {
      this.job(slug, { schedule: `${minute} * * * *`, tags, name: slug.replaceAll('-', ' ') });
      for (let hour = 30; hour >= 0; hour -= 1) {
        const startedMs = Math.floor((this.#nowMs - hour * hourMs) / hourMs) * hourMs + minute * minuteMs;
        if (startedMs > this.#nowMs - 10 * minuteMs) continue;
        this.run(slug, startedMs, Math.round(at(index * 31 + hour) * (index + 1) * 20_000));
      }
    }
    this.job('nightly', {
      schedule: '15 2 * * *',
      tags: ['night', 'db'],
      name: 'Nightly dump of the shop',
      more: 'timeout: 30\ndescription: Dumps all databases and copies them to the store.',
    });
    for (let day = 89; day >= 0; day -= 1) {
      const startedMs = this.#today(2, 15) - day * dayMs;
      const tookMs = Math.round((8 + 3 * at(day) + (day % 30 === 3 || day === 0 ? 9 : 0)) * minuteMs);
      const outcome: Outcome = day === 41 || day === 17 ? { kind: 'exited', code: 3 } : succeeded;
      const log = this.log(startedMs, [
        ['INFO', 'dumping shop …'],
        ['INFO', 'done'],
      ]);
      this.run('nightly', startedMs, tookMs, { outcome, ...(day < 20 && { log, isCompressed: day > 5 }) });
    }
    this.job('old-import', { schedule: '0 4 * * *', more: 'disabled: true' });
    this.job('by-hand', { tags: ['people'] });
    const ada = { by: 'person', uid: 1000, name: 'ada' } as const;
    this.run('by-hand', this.#nowMs - 3 * dayMs, 42_000, {
      trigger: ada,
      log: this.log(this.#nowMs - 3 * dayMs, [['INFO', 'hello']]),
    });
    this.job('rollout', { schedule: '*/30 * * * *', tags: ['web'] });
    this.run('rollout', this.#nowMs - 2 * hourMs, 12_000);
    const reason = 'upgrade of the web servers';
    const untilMs = this.#nowMs + 6 * hourMs;
    const paused = writePause(stateFiles(this.#config.stateDirectory), {
      target: { job: 'rollout' },
      by: 'ada',
      atMs: this.#nowMs - 2 * hourMs,
      untilMs,
      reason,
    });
    if (!paused.ok) throw new Error(paused.reason);
    this.steered('rollout', { action: 'pause', by: 'ada', reason, untilMs, atMs: this.#nowMs - 2 * hourMs });
  }

  steered(slug: string, step: Omit<Steered, 'event' | 'run'>): void {
    this.event(slug, { event: 'steered', run: '', ...step });
  }

  troubled(): void {
    this.job('backup', {
      schedule: '5 * * * *',
      tags: ['night', 'db'],
      name: 'Backup of the shop',
      more: 'timeout: 30',
    });
    const failure: Outcome = { kind: 'exited', code: 3 };
    const hours = Array.from({ length: 21 }, (_, hour) => Math.floor((this.#nowMs - hour * hourMs) / hourMs) * hourMs);
    const starts = hours.map((ms) => ms + 5 * minuteMs).filter((ms) => ms < this.#nowMs - 2 * minuteMs);
    for (const [index, startedMs] of [...starts.entries()].reverse()) {
      const isFailure = index < 4;
      const log = this.log(startedMs, isFailure ? backupLines : [['INFO', 'dumping database shop']]);
      this.run('backup', startedMs, isFailure ? 2100 : 480_000 + index * 9000, {
        ...(isFailure && { outcome: failure }),
        log,
      });
    }
    const together = this.#nowMs - 47 * minuteMs;
    for (const [index, slug] of ['mail-out', 'report', 'sync-a'].entries()) {
      this.job(slug, { schedule: '30 * * * *', tags: ['mail'], more: 'timeout: 10' });
      this.run(slug, together - dayMs, 60_000);
      this.run(slug, together - 10 * minuteMs + index * 20_000, 10 * minuteMs, {
        outcome: { kind: 'timed-out', afterSeconds: 600 },
        log: this.log(together, [['INFO', 'waiting for the store …']]),
      });
    }
    writeFileSync(path.join(this.#config.jobDirectory, 'new.yaml'), 'name: new\ncomand: /bin/true\n');
  }

  hostile(): void {
    const visible = hostileTexts.filter((text) => !/[\u0000-\u001f\u0080-\u009f]/.test(text));
    const tags = visible.slice(0, 4);
    this.job('evil', {
      schedule: '1 1 1 1 *',
      name: hostileTexts.slice(0, 3).join(''),
      tags,
      more: `description: ${quoted(visible.join(' '))}`,
    });
    const startedMs = this.#nowMs - 30 * minuteMs;
    const lines = [
      ...hostileTexts,
      'a\rb overprint',
      '\u001b[1;31mred\u001b[0m plain \u001b[38;5;200mpalette\u001b[0m',
      '\u001b[2Jcleared',
    ];
    const log = Buffer.concat([
      Buffer.from(
        this.log(
          startedMs,
          lines.map((text) => ['INFO', text] as const),
        ),
      ),
      Buffer.from(`${stamp(startedMs)}\tERROR\tinvalid `),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x0a]),
      Buffer.from(`${stamp(startedMs)}\tINFO\t${'x'.repeat(1024 * 1024)}\n`),
      Buffer.from(this.log(startedMs, [['ERROR', allHostile]])),
    ]);
    this.run('evil', startedMs, 1000, {
      outcome: { kind: 'broke-rule', rule: 'fail_on_output', words: allHostile },
      log,
    });
    this.steered('evil', { action: 'start', by: allHostile, reason: allHostile, atMs: this.#nowMs - 29 * minuteMs });
  }

  /** A run under way: this process holds its lock. */
  async running(): Promise<JobLock> {
    const startedMs = this.#nowMs - 41 * minuteMs;
    this.job('import', { schedule: '0 */2 * * *', tags: ['db'], more: 'timeout: 60' });
    for (let day = 6; day > 0; day -= 1) this.run('import', startedMs - day * dayMs, (11 + day / 3) * minuteMs);
    const lines = Array.from({ length: 1500 }, (_, index) => ['INFO', `imported ${index * 100} rows`] as const);
    const run = this.start('import', startedMs, { log: this.log(startedMs, lines) });
    return this.#hold('import', run);
  }

  /** A service of three instances, one of which waits after a failure: this process stands for its supervisor. */
  async service(): Promise<JobLock> {
    this.job('shop-web', { tags: ['web'], name: 'Web server of the shop', more: 'service: true\ninstances: 3' });
    const run = '20261129-000000-0a0b0c0d';
    const up = {
      at: 'up',
      sinceMs: this.#nowMs - 3 * dayMs,
      restarts: 0,
      quickDeaths: 0,
      deathsMs: [],
      ports: {},
    } as const;
    const lastExit = { words: 'exited with code 1', atMs: this.#nowMs - 20_000 };
    const slug = 'shop-web';
    const folder = path.join(this.#config.outputDirectory, slug);
    mkdirSync(folder, { recursive: true });
    for (const [number, text] of ['listening on 8001', 'listening on 8002', 'address already in use'].entries())
      writeFileSync(
        path.join(folder, `${slug}.${number}-20261129-000000.log`),
        this.log(this.#nowMs - dayMs, [['INFO', text]]),
      );
    const written = writeRecord(stateFiles(this.#config.stateDirectory), slug, {
      ...{ boot: bootId(), run, state: 'DEGRADED', sinceMs: this.#nowMs - 25_000, startedMs: this.#nowMs - 3 * dayMs },
      instances: [
        { ...up, number: 0 },
        { ...up, number: 1 },
        {
          ...up,
          number: 2,
          at: 'backoff',
          untilMs: this.#nowMs + 40_000,
          restarts: 4,
          lastExit,
          logPath: path.join(folder, `${slug}.2-20261129-000000.log`),
        },
      ],
    });
    if (!written.ok) throw new Error(written.reason);
    return this.#hold(slug, run);
  }

  async #hold(slug: string, run: string): Promise<JobLock> {
    const answer = await realLocks(this.#config, () => undefined).acquire(slug, run);
    if (answer.is !== 'held') throw new Error(`the lock of the scene is ${answer.is}`);
    return answer.lock;
  }

  /** As cron-generate writes it. */
  crontab(): void {
    const frame = crontabFrame(this.#config, {});
    const { jobs } = loadAllJobs(this.#config, false);
    if (!frame.ok || jobs.is === 'unlisted') throw new Error('the crontab of the scene can not be made');
    const order = { ...frame.value, ...jobs, present: nothingPresent, dueMinutes: minutesTerm };
    for (const { name, text } of composeCrontab(order).files('crontab'))
      writeFileSync(path.join(path.dirname(this.#config.outputCrontab), name), text, { mode: 0o644 });
  }
}

const quietJobs: readonly (readonly [slug: string, minute: number, tags: readonly string[]])[] = [
  ['archive-orders', 3, ['shop']],
  ['check-certificates', 10, ['web']],
  ['clean-sessions', 15, ['web', 'db']],
  ['fetch-rates', 20, ['shop']],
  ['index-products', 15, ['shop', 'search']],
  ['mirror-packages', 40, ['night']],
  ['send-invoices', 15, ['shop', 'mail']],
  ['warm-cache', 50, ['web']],
];

const backupLines = [
  ['INFO', '==========='],
  ['INFO', '/usr/local/bin/backup shop (4711)'],
  ['INFO', '-----------'],
  ['INFO', 'dumping database shop'],
  ['INFO', '\u001b[33mwarning\u001b[0m: table visits is large'],
  ['ERROR', 'pg_dump: error: connection to server at "db1" failed: FATAL: too many connections'],
  ['ERROR', 'pg_dump: hint: 97 of 100 connections are in use'],
  ['INFO', '----------- end command output'],
] as const;

/** A string that YAML and JSON read alike, in plain ASCII. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function stamp(ms: number): string {
  const local = new Date(ms + hostZone().offsetAt(ms)).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)},${local.slice(20, 23)}`;
}
