/**
 * `job-scheduler --once`: starts the lines of one minute and ends when their runs have ended. It takes
 * no part in the work of a job-scheduler that stays: it keeps no position and no crontab.
 */
import { eventLine, type SchedulerEvent } from '../../../crontab/scheduler/event.ts';
import { roundsOf, type Table, type TableLine } from '../../../crontab/scheduler/table.ts';
import { loadJob } from '../../../job/load.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { expectedTicks } from '../../../schedule/ticks.ts';
import { files } from '../../../system/file/files.ts';
import { clock } from '../../../system/time/clock.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { minuteMs } from '../../../zone/zone.ts';
import { say, sayProblems } from '../../frame/output.ts';
import { hostZones, zoneProblem } from '../../frame/zones.ts';
import { endRuns } from './end-runs.ts';
import type { Lines, Loading } from './load.ts';
import { printer } from './printer.ts';
import { schedulerRuns } from './runs.ts';
import { stopSignals } from './stop.ts';
import type { ScheduleOptions } from './work.ts';

/** `atMs` is the moment that is asked for; without it the present minute is meant. */
export async function startOnce(
  { lines: loaded, problems }: Loading & { readonly lines: Lines },
  options: ScheduleOptions & { readonly atMs: number | undefined },
): Promise<number> {
  const { atMs, logFormat, drainSeconds } = options;
  const lines = atMs === undefined ? loaded : { ...loaded, table: asPerson(loaded.table) };
  const { host: zone } = hostZones();
  const out = printer(1, (count) => `${count} lines left out: standard output was not read\n`);
  const failed = new Set<string>();
  const tell = (event: SchedulerEvent) => {
    if (isFailedStart(event)) failed.add(event.job);
    out.print(eventLine(event, logFormat, { nowMs: clock.nowMs(), formatTime: timeText(zone) }));
  };
  sayProblems(problems);
  const runs = schedulerRuns({ ...options, lines: () => lines, tell });
  const stop = stopSignals();
  const whenMs = atMs ?? clock.nowMs();
  const localMinute = Math.floor((whenMs + zone.offsetAt(whenMs)) / minuteMs);
  const [due = []] = roundsOf(lines.table, [{ localMinute, lines: 'all' }]);
  const started = atMs === undefined ? due : dueJobs(due, loaded, Math.floor(atMs / minuteMs) * minuteMs);
  if (started.length === 0) say('job-scheduler', `nothing is due at ${timeText(zone)(whenMs)}`);
  const all = Promise.all(started.map((line) => runs.start(line)));
  await Promise.race([all, stop.asked()]);
  await endRuns(runs, { stop, drainSeconds, tell });
  await out.finish(2000);
  return failed.size === 0 ? 0 : 1;
}

/** The exit codes with which run-job says that it has started nothing. */
const startCodes: readonly number[] = [exitCodes.usage, exitCodes.notPermitted, exitCodes.configuration, 125, 126, 127];

function isFailedStart(event: SchedulerEvent): event is Extract<SchedulerEvent, { event: 'ended' | 'not-started' }> {
  return event.event === 'not-started' || (event.event === 'ended' && startCodes.includes(event.exitCode));
}

/** A person asks for these starts, so they stand for no tick: that of the moment is started all the same when it comes. */
function asPerson({ settings, ...table }: Table): Table {
  const { PROCESS_CONTROL_TRIGGER: _, ...others } = settings;
  return { ...table, settings: others };
}

/** The lines of jobs that are due at a moment. run-job looks by itself whether a job of another zone is due, but only now. */
function dueJobs(lines: readonly TableLine[], { config }: Lines, tickMs: number): readonly TableLine[] {
  const zones = hostZones();
  const isDue = (slug: string) => {
    const loaded = loadJob(slug, config, { files, checkZone: zoneProblem });
    const span = { afterMs: tickMs - 1, untilMs: tickMs };
    return loaded?.ok === true && expectedTicks(loaded.value, span, zones).length > 0;
  };
  return lines.flatMap((line) => {
    const { slug, due, command } = line;
    if (slug === undefined || (due && !isDue(slug))) return [];
    return [{ ...line, due: false, command: command.replace(' --due', '') }];
  });
}
