/**
 * job-scheduler from its first look at the clock to its end: reads the lines, starts what is due,
 * reads them again when they change, and stops in order.
 */
import process from 'node:process';
import type { Config } from '../../../config/config.ts';
import { eventLine, type LogFormat, type SchedulerEvent } from '../../../crontab/scheduler/event.ts';
import { keepTime, localMinute, type Round } from '../../../crontab/scheduler/keep-time.ts';
import { firstStep, positionText } from '../../../crontab/scheduler/position.ts';
import { lineCount, readTable, roundsOf, type TableLine } from '../../../crontab/scheduler/table.ts';
import { newRunId } from '../../../run/identity.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { startPatienceMs } from '../../../run/tick/missed.ts';
import type { Look } from '../../../schedule/cron-clock.ts';
import { watchFolder } from '../../../system/file/folder-watch.ts';
import { randomUuid } from '../../../system/file/random.ts';
import { tickClaims } from '../../../system/state/tick-claims.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import type { JobLock } from '../../../system/types/lock.ts';
import { formatProblem } from '../../../text/problem.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { minuteMs } from '../../../zone/zone.ts';
import { realLocks } from '../../frame/host.ts';
import { say, sayProblems } from '../../frame/output.ts';
import { endOthers } from './end-others.ts';
import { endRuns } from './end-runs.ts';
import { schedulerFiles, schedulerLock } from './files.ts';
import { type Lines, type Loading, loadLines, signatureOf } from './load.ts';
import type { MetricsPlace, OpenMetrics } from './metrics-place.ts';
import { printer } from './printer.ts';
import { schedulerRuns } from './runs.ts';
import { stopSignals } from './stop.ts';

export interface ScheduleOptions {
  readonly configFile: string | undefined;
  readonly drainSeconds: number;
  readonly maxStarts: number;
  readonly logFormat: LogFormat;
  readonly jobOutput: boolean;
  /** Services stay up when this program ends. */
  readonly keepServices: boolean;
  /** The address at which it answers with the metrics of this host. */
  readonly metrics: MetricsPlace | undefined;
}

export async function schedule(first: Loading & { readonly lines: Lines }, options: ScheduleOptions): Promise<number> {
  const { configFile, drainSeconds, logFormat } = options;
  let { lines } = first;
  let zone = hostZone();
  const out = printer(1, (count) => `${count} lines left out: standard output was not read\n`);
  const tell = (event: SchedulerEvent) =>
    out.print(eventLine(event, logFormat, { nowMs: clock.nowMs(), formatTime: timeText(zone) }));
  const kept = schedulerFiles(lines.config.stateDirectory);
  const before = kept.crontab();
  const runs = schedulerRuns({ ...options, lines: () => lines, tell });
  const stop = stopSignals();
  const time = {
    nowMs: () => clock.nowMs(),
    offsetMs: () => zone.offsetAt(clock.nowMs()),
    table: () => lines.table,
    start: (line: TableLine) => runs.start(line),
    // A person who has set the clock need not wait for the next look.
    rest: (ms: number) => stop.pause(ms),
    isStopping: () => stop.isAsked(),
    jumped: (minutes: number) => tell({ event: 'clock-moved', minutes }),
    reached: (reached: Parameters<typeof positionText>[0]) => {
      const written = kept.keepPosition(positionText(reached, time.offsetMs()));
      if (!written.ok) sayOnce(`how far it has got can't be kept: ${written.reason}`);
    },
  };
  const sayOnce = once((words) => say('job-scheduler', words));

  const keep = () => {
    const written = kept.keepCrontab(lines.text);
    if (!written.ok) sayOnce(`the lines can't be kept: ${written.reason}`);
  };
  let told = '';
  const tellProblems = ({ problems }: Loading) => {
    const words = problems.map(formatProblem).join('\n');
    if (words !== told) sayProblems(problems);
    told = words;
  };
  const load = () => {
    zone = hostZone();
    const loading = loadLines(configFile, lines.text);
    tellProblems(loading);
    if (loading.lines === undefined) return;
    lines = loading.lines;
    if (loading.changes === undefined) return;
    tell({ event: 'reloaded', changes: loading.changes });
    keep();
  };

  const metrics = await openMetrics(options);
  if (metrics === 'refused') return exitCodes.internal;
  const lock = await takeLock(lines.config);
  tellProblems(first);
  const now = { localMinute: localMinute(time), offsetMs: time.offsetMs() };
  const step = firstStep(kept.position(), now);
  keep();
  tell({ event: 'ready', pid: process.pid, lines: lineCount(lines.table) });
  if (metrics !== undefined) tell({ event: 'metrics', url: metrics.url });
  for (const line of [...lines.table.atBoot, missedTicks(lines.config)]) void runs.start(line);
  // What was missed just before is not known to be missed yet.
  void stop.rest(startPatienceMs + minuteMs).then(() => {
    if (!stop.isAsked()) void runs.start(missedTicks(lines.config));
  });
  const open = openRounds(step.looks, { before, lines, offsetMs: now.offsetMs });
  const watching = watchJobs(() => lines.config, load, stop);
  await keepTime(step.clock, open, time);
  await watching;

  await endRuns(runs, { stop, drainSeconds, tell });
  await endOthers(lines.config, { ...options, drainMs: drainSeconds * 1000 });
  await lock?.release();
  metrics?.close();
  tell({ event: 'stopped' });
  await out.finish(2000);
  return 0;
}

/** An address that can't be had is known before anything is started. */
async function openMetrics({ metrics, configFile }: ScheduleOptions): Promise<OpenMetrics | 'refused' | undefined> {
  if (metrics === undefined) return undefined;
  const { serveMetrics } = await import('../../on-demand/scheduler-metrics.ts');
  try {
    return await serveMetrics(metrics, configFile);
  } catch (error) {
    say('job-scheduler', `--metrics: ${(error as Error).message}`);
    return 'refused';
  }
}

/** Says by a lock that this process is at work. Another one beside it does no harm: run-job claims each tick. */
async function takeLock(config: Config): Promise<JobLock | undefined> {
  const answer = await realLocks(config, () => undefined).acquire(schedulerLock, newRunId(clock.nowMs(), randomUuid()));
  if (answer.is === 'held') return answer.lock;
  const pid = answer.is === 'busy' ? answer.holder.wrapper?.pid : undefined;
  const other = pid === undefined ? 'another job-scheduler' : `another job-scheduler (pid ${pid})`;
  const words = answer.is === 'busy' ? `${other} is at work too; each tick starts once` : answer.reason;
  say('job-scheduler', words);
  return undefined;
}

/** Records what was missed while nothing ran here. */
function missedTicks({ runnerPath, namedFile, sources }: Config): TableLine {
  const command = `${runnerPath} --catch-up${namedFile === undefined ? '' : ` --config ${sources[0]}`}`;
  return { written: command, command, due: false };
}

/**
 * The lines of the minutes since the last stop that have had no start. A line that is new was not
 * due then, and `--due` lines see for themselves.
 */
function openRounds(
  looks: readonly Look[],
  { before, lines, offsetMs }: { readonly before: string; readonly lines: Lines; readonly offsetMs: number },
): readonly Round[] {
  const known = new Set(readTable(before).groups.flatMap((group) => group.lines.map(({ written }) => written)));
  const claims = tickClaims(lines.config.stateDirectory);
  return looks.map((look) => {
    const tickMs = look.localMinute * minuteMs - offsetMs;
    const isOpen = ({ written, slug }: TableLine) =>
      known.has(written) && slug !== undefined && claims.find(slug, tickMs) === undefined;
    return roundsOf(lines.table, [look]).flat().filter(isOpen);
  });
}

/** Several files are often written together. */
const settleMs = 500;

/** Calls `load` when a file has changed: at once where the kernel says so, else within a minute. */
async function watchJobs(config: () => Config, load: () => void, stop: ReturnType<typeof stopSignals>): Promise<void> {
  let directory = config().jobDirectory;
  let watch = watchFolder(directory);
  let seen = signatureOf(config());
  while (!stop.isAsked()) {
    await Promise.race([watch.changed(minuteMs / 2), stop.reload(), stop.rest(minuteMs / 2)]);
    if (stop.isAsked()) break;
    const signature = signatureOf(config());
    if (signature === seen && !stop.takeReload()) continue;
    await stop.rest(settleMs);
    seen = signatureOf(config());
    load();
    if (config().jobDirectory === directory) continue;
    watch.close();
    directory = config().jobDirectory;
    watch = watchFolder(directory);
  }
  watch.close();
}

function once(act: (words: string) => void): (words: string) => void {
  const said = new Set<string>();
  return (words) => {
    if (!said.has(words)) act(words);
    said.add(words);
  };
}
