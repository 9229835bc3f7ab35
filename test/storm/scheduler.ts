/**
 * scheduler [TICKS [JOBS]]: job-scheduler is killed with -9 at random moments, while its clock goes on minute by minute. In the end each tick of each
 * job has been started once, or is on record as missed. `node build/test/storm/scheduler.js 10000 20` is the long one.
 */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { until } from '../cli/house.ts';
import { type Scheduler, SchedulerHouse } from '../cli/scheduler-house.ts';

export interface SchedulerStorm {
  readonly ticks: number;
  readonly kills: number;
  readonly started: number;
  readonly missed: number;
  /** Ticks with two starts. */
  readonly twice: readonly string[];
  /** Jobs whose ticks are not all accounted for. */
  readonly lost: readonly string[];
  /** Ticks that two records count as missed. */
  readonly recordedTwice: readonly string[];
  /** Ticks that have a start and are counted as missed too. */
  readonly startedAndMissed: readonly string[];
}

const minuteMs = 60_000;
const job = 'name: Job\ncommand: /bin/true\nschedule: "* * * * *"\n';

/** `random` yields numbers from 0 to 1. */
export async function schedulerStorm(
  { ticks, jobs }: { readonly ticks: number; readonly jobs: number },
  random: () => number = Math.random,
): Promise<SchedulerStorm> {
  const slugs = Array.from({ length: jobs }, (_, at) => `job-${at}`);
  const house = new SchedulerHouse(Object.fromEntries(slugs.map((slug) => [slug, job])), '2027-05-01T00:00:02Z');
  let kills = 0;
  try {
    let scheduler = house.scheduler();
    await scheduler.tells('ready');
    const hasBegun = () => slugs.every((slug) => house.ticks(slug).length > 0);
    house.goOn();
    // From its first tick on a job has an account.
    await until('the first ticks', hasBegun);
    const fromMs = Math.max(...slugs.map((slug) => Date.parse(`${house.ticks(slug)[0]}Z`)));
    for (let minutes = 1; minutes * jobs < ticks; ) {
      const passed = random() < 0.15 ? 1 + Math.floor(random() * 9) : 1;
      minutes += passed;
      if (random() < 0.4) {
        kills += 1;
        scheduler = await killAndGoOn(house, scheduler, { passed, afterMs: random() * 300 });
      } else {
        const before = scheduler.of('ended').length;
        house.goOn(passed);
        await until('the ends of a minute', () => scheduler.of('ended').length >= before + jobs);
      }
    }
    scheduler.signal('SIGKILL');
    await scheduler.ended;
    await until('the ends of all runs', () => slugs.every((slug) => isOver(house, slug)));
    const untilMs = Math.floor(house.nowMs() / minuteMs) * minuteMs;
    // What is older than ten minutes can be missed, so the last tick that is asked for is the last that can.
    house.goOn(10);
    const last = house.scheduler();
    await last.tells('ready');
    const fates = () => slugs.map((slug) => fatesOf(house, slug, { fromMs, untilMs }));
    const wanted = (untilMs - fromMs) / minuteMs + 1;
    await until('all accounts', () => fates().every(({ known }) => known >= wanted), 90_000).catch(() => undefined);
    const found = fates();
    return {
      ...{ ticks: wanted * jobs, kills },
      started: found.reduce((sum, { started }) => sum + started, 0),
      missed: found.reduce((sum, { missed }) => sum + missed, 0),
      twice: found.flatMap(({ twice }) => twice),
      recordedTwice: found.flatMap(({ recordedTwice }) => recordedTwice),
      startedAndMissed: found.flatMap(({ startedAndMissed }) => startedAndMissed),
      lost: found.flatMap(({ slug, known }) => (known < wanted ? [`${slug}: ${known} of ${wanted}`] : [])),
    };
  } finally {
    await house.close();
  }
}

/** True if each tick has had one fate, on record once. */
export function isTrue({ twice, lost, recordedTwice, startedAndMissed }: SchedulerStorm): boolean {
  return [twice, lost, recordedTwice, startedAndMissed].every(({ length }) => length === 0);
}

interface Blow {
  readonly passed: number;
  readonly afterMs: number;
}

async function killAndGoOn(house: SchedulerHouse, scheduler: Scheduler, { passed, afterMs }: Blow) {
  house.goOn(1);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  scheduler.signal('SIGKILL');
  await scheduler.ended;
  if (passed > 1) house.goOn(passed - 1);
  const next = house.scheduler();
  await next.tells('ready');
  return next;
}

function isOver(house: SchedulerHouse, slug: string): boolean {
  const events = house.history(slug);
  const count = (name: string) => events.filter(({ event }) => event === name).length;
  return count('started') === count('ended');
}

function fatesOf(
  house: SchedulerHouse,
  slug: string,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
) {
  const starts = new Map<number, number>();
  const fated = new Set<number>();
  const missed = new Set<number>();
  const recordedTwice: string[] = [];
  const startedAndMissed: string[] = [];
  const named = (tickMs: number) => `${slug} ${new Date(tickMs).toISOString()}`;
  const startedSoFar = (tickMs: number) => starts.has(tickMs) || fated.has(tickMs);
  for (const event of house.history(slug)) {
    const tickMs = 'tick' in event ? (event.tick?.tickMs ?? 0) : 0;
    // A start that comes while the run before still ends is skipped, and on record.
    const hasFate = event.event === 'started' || (event.event === 'skipped' && event.outcome.reason !== 'claimed');
    if (event.event === 'started') starts.set(tickMs, (starts.get(tickMs) ?? 0) + 1);
    if (hasFate) fated.add(tickMs);
    if (hasFate && missed.has(tickMs)) startedAndMissed.push(named(tickMs));
    if (event.event !== 'missed' || event.outcome.kind !== 'missed') continue;
    const { firstMs = 0, tickMs: lastMs, count } = event.outcome;
    const span = Array.from({ length: (lastMs - firstMs) / minuteMs + 1 }, (_, at) => firstMs + at * minuteMs);
    const open = span.filter((one) => !startedSoFar(one));
    // A record counts ticks of its span; those that have had their fate before are not among them.
    if (count > open.length) startedAndMissed.push(`${named(lastMs)}: ${count} of ${open.length}`);
    recordedTwice.push(...open.filter((one) => missed.has(one)).map(named));
    for (const one of open) missed.add(one);
  }
  const isAsked = (tickMs: number) => tickMs >= fromMs && tickMs <= untilMs;
  const started = [...fated].filter(isAsked).length;
  return {
    ...{ slug, started, missed: [...missed].filter(isAsked).length, recordedTwice, startedAndMissed },
    known: new Set([...fated, ...missed].filter(isAsked)).size,
    twice: [...starts].flatMap(([tickMs, count]) => (count > 1 || tickMs === 0 ? [`${named(tickMs)} (${count})`] : [])),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [ticks = 10_000, jobs = 20] = process.argv.slice(2).map(Number);
  const result = await schedulerStorm({ ticks, jobs });
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = isTrue(result) ? 0 : 1;
}
