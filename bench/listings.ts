/** What the answers about all jobs cost: 100, 1,000 and 10,000 jobs with 100 runs each on record. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench, Command, Row } from './frame/measure.ts';

const root = path.resolve(import.meta.dirname, '../..');
const runsOfJob = 100;
const answers = [
  ['jobctl', 'status'],
  ['jobctl', 'metrics'],
  ['check-jobs-icinga', '--warning', '400d'],
] as const;

export interface Host {
  readonly count: number;
  readonly config: string;
}

export function bench(): Bench {
  // Below /tmp a configuration does not count.
  const base = mkdtempSync('/var/lib/pc-bench-');
  spawnSync('chmod', ['755', base]);
  const [hundred, thousand, tenThousand] = [100, 1000, 10_000].map((count) => makeHost(base, count));
  if (hundred === undefined || thousand === undefined || tenThousand === undefined) throw new Error('three hosts');
  const rows = answers.flatMap((answer): readonly Row[] => [
    {
      title: `${answer[0] === 'jobctl' ? answer.join(' ') : answer[0]}, 10,000 jobs x 100 runs`,
      ours: commandFor(answer, tenThousand),
      peer: {
        name: 'node -e 0',
        argv: ['/usr/bin/env', 'node', '-e', '0'],
        environment: { PATH: process.env.PATH ?? '' },
      },
      pairs: 5,
    },
    growth(answer, thousand, hundred),
    growth(answer, tenThousand, thousand),
  ]);
  return { rows, end: () => rmSync(base, { recursive: true }) };
}

function growth(answer: (typeof answers)[number], more: Host, fewer: Host): Row {
  return {
    title: `${answer[0] === 'jobctl' ? answer.join(' ') : answer[0]}, ${more.count} jobs against ${fewer.count}`,
    ours: commandFor(answer, more),
    peer: { ...commandFor(answer, fewer), name: `${fewer.count} jobs` },
    pairs: 5,
    bar: 10,
  };
}

function commandFor([program, ...args]: (typeof answers)[number], { config }: Host): Command {
  return { argv: [path.join(root, 'bin', program), ...args], environment: { PROCESS_CONTROL_CONFIG: config } };
}

/** A host on which each job has run once a day, and cron-generate has been. */
export function makeHost(base: string, count: number): Host {
  const at = (...names: string[]) => path.join(base, String(count), ...names);
  for (const name of ['jobs', 'run', 'log', 'state/history', 'state/ticks']) mkdirSync(at(name), { recursive: true });
  const config = at('config.yaml');
  const places = ['job', 'run', 'state', 'output'].map(
    (name) => `${name}_directory: ${at({ job: 'jobs', output: 'log' }[name] ?? name)}`,
  );
  writeFileSync(config, `user: nobody\n${places.join('\n')}\noutput_crontab: ${at('crontab')}\n`);
  for (let index = 0; index < count; index += 1) {
    const slug = `job${index}`;
    // No tick comes while this runs: it would be overdue.
    const [minute, hour] = [index % 60, (new Date().getHours() + 3 + (index % 18)) % 24];
    writeFileSync(at('jobs', `${slug}.yaml`), jobText(index, `${minute} ${hour} * * *`));
    const lastMs = lastTickMs(minute, hour);
    const history = at('state/history', `${slug}.jsonl`);
    writeFileSync(history, historyText(slug, lastMs, at('log')));
    utimesSync(history, lastMs / 1000, lastMs / 1000);
    writeFileSync(at('run', `${slug}.flock`), '65024:1581968\n');
    mkdirSync(at('state/ticks', slug));
    writeFileSync(at('state/ticks', slug, 'since'), `{"rule":"${minute} ${hour} * * *","sinceMs":${lastMs}}\n`);
    symlinkSync('20261129-000000-deadbeef', at('state/ticks', slug, nameOf(lastMs)));
  }
  spawnSync('chown', ['-R', 'nobody', at('run'), at('state'), at('log')]);
  // What was changed less than two seconds ago is not kept.
  spawnSync('sleep', ['2']);
  spawnSync(path.join(root, 'bin/cron-generate'), [], {
    env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_CONFIG: config },
  });
  return { count, config };
}

function jobText(index: number, schedule: string): string {
  return `name: Job ${index}
command: /usr/bin/true --number ${index}
schedule: "${schedule}"
timeout: 10
tags: [nightly, database]
environment:
  LANG: C.UTF-8
`;
}

function lastTickMs(minute: number, hour: number): number {
  const at = new Date();
  at.setHours(hour, minute, 0, 0);
  if (at.getTime() > Date.now()) at.setDate(at.getDate() - 1);
  return at.getTime();
}

/** 20261122T103000Z */
function nameOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

function historyText(slug: string, lastMs: number, log: string): string {
  return Array.from({ length: runsOfJob }, (_, index) => {
    const atMs = lastMs - (runsOfJob - 1 - index) * 86_400_000;
    const second = nameOf(atMs).slice(0, 15).replace('T', '-');
    const run = `${second}-1f9de9b7`;
    const tick = { tickMs: atMs, lateMs: 1000 };
    const streak = { failures: 0, lastSuccessMs: atMs + 1045 };
    const totals = { success: index + 1, failure: 0, skipped: 0, missed: 0, durationMs: 45 * (index + 1) };
    const events = [
      {
        ...{ event: 'started', run, atMs: atMs + 1000, trigger: { by: 'clock' } },
        ...{ jobSha256: 'a'.repeat(64), logPath: `${log}/${slug}/${slug}-${second}.log`, host: 'bench', tick },
      },
      {
        ...{ event: 'ended', run, atMs: atMs + 1045, outcome: { kind: 'exited', code: 0 }, durationMs: 45, streak },
        ...{ carried: { totals, lastStatus: 'success' }, attempt: 1 },
      },
    ];
    return events.map((event) => `${JSON.stringify(event)}\n`).join('');
  }).join('');
}
