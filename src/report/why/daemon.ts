/**
 * Finds out whether cron was running at a tick, whether the host was, and whether the clock showed
 * that time.
 */

import { readLine } from '../../crontab/reader.ts';
import { isReboot } from '../../schedule/nickname.ts';
import { expectedTicks } from '../../schedule/ticks.ts';
import { durationWords } from '../../text/duration.ts';
import { otherZoneAdvice, otherZoneWords } from '../../zone/other-zone.ts';
import { wallTime } from '../../zone/wall-time.ts';
import { minuteMs } from '../../zone/zone.ts';
import { advise, changing, looking } from '../advice.ts';
import { scheduledBy } from '../clock/clock-ticks.ts';
import { schedulerName, startCommand } from '../clock/daemon.ts';
import type { CronLogLine, Evidence } from './evidence.ts';
import { hasStart } from './fate.ts';
import type { Finding } from './finding.ts';
import { momentOf } from './job.ts';

export function daemonFindings(evidence: Evidence): readonly Finding[] {
  return [host(evidence), daemon(evidence), ...zoneOfDaemon(evidence), clock(evidence), ...cronsOwnWord(evidence)];
}

function host(evidence: Evidence): Finding {
  const {
    machine: { bootMs },
    hostZone,
    slug,
    job,
    forms,
  } = evidence;
  const about = 'machine';
  const up = `up since ${wallTime(bootMs, hostZone)}`;
  // A start after a boot is due at the boot itself, and cron comes up after it.
  if (bootMs <= momentOf(evidence) || isReboot(job?.schedule) || hasStart(evidence))
    return { about, is: 'well', words: up };
  const words = `it was off or booting: ${up}`;
  return { about, is: 'stops', words, advice: missedTickAdvice(job, changing(forms, `start ${slug}`)) };
}

/** Advice about a tick that passed while nothing could start the job. */
function missedTickAdvice(job: Evidence['job'], start: string): NonNullable<Finding['advice']> {
  const byHand = advise('run it now', start);
  if (job?.catchUp === 'last') return [byHand];
  return [byHand, advise('with "catch_up: last" in its file run-job makes up for the last tick by itself')];
}

function daemon(evidence: Evidence): Finding {
  const { daemon: found, hostZone, slug, forms, job } = evidence;
  const about = 'cron';
  switch (found.is) {
    case 'absent':
      return {
        about,
        is: 'stops',
        words: 'no cron is running',
        advice: [advise('start cron', startCommand(found))],
      };
    case 'hidden':
      return { about, is: 'unknown', words: "other users' processes can not be seen by you; try it as root" };
    case 'running': {
      const { name, pid, sinceMs, stopped } = found;
      const since = sinceMs === undefined ? '' : ` since ${wallTime(sinceMs, hostZone)}`;
      if (stopped)
        return {
          about,
          is: 'stops',
          words: `${name} (pid ${pid}) is stopped by a signal`,
          advice: [advise('let cron go on', `sudo kill -CONT ${pid}`)],
        };
      if (sinceMs === undefined || sinceMs <= momentOf(evidence) || isReboot(job?.schedule) || hasStart(evidence))
        return { about, is: 'well', words: `${name} (pid ${pid}) runs${since}` };
      const words = `${name} (pid ${pid}) runs only${since}, after the tick`;
      return {
        about,
        is: 'stops',
        words,
        advice: missedTickAdvice(job, changing(forms, `start ${slug}`)),
      };
    }
    default:
      return found satisfies never;
  }
}

/**
 * A cron of another time zone starts a line by its own clock, which may show the right minute all
 * the same: for a line that fires every hour, for instance.
 */
function zoneOfDaemon({ daemon: found, crontab, ticks, hostZone, nowMs, job }: Evidence): readonly Finding[] {
  const otherZone = found.is === 'running' ? found.otherZone : undefined;
  if (otherZone === undefined || isReboot(job?.schedule)) return [];
  const about = "cron's zone";
  const words = otherZoneWords(otherZone, hostZone, nowMs);
  const line = readLine(crontab.line ?? crontab.wanted ?? '');
  const { tickMs } = ticks;
  if (line.is !== 'entry' || tickMs === undefined)
    return [{ about, is: 'doubt', words, advice: [advise(otherZoneAdvice)] }];
  const span = { afterMs: tickMs - 1, untilMs: tickMs };
  const zones = { host: otherZone.zone, find: () => undefined };
  const starts = expectedTicks(scheduledBy(line.schedule), span, zones).length > 0;
  return [{ about, is: starts ? 'doubt' : 'stops', words, advice: [advise(otherZoneAdvice)] }];
}

const asleep =
  /PM: suspend entry|PM: hibernation: hibernation entry|systemd-sleep.*(?:Entering|Performing) sleep|Suspending system/i;
const awake = /PM: suspend exit|PM: hibernation: hibernation exit|System returned from sleep|System resumed/i;
const stepped = /time has been changed|clock change detected|System clock was stepped|clock stepped/i;

/** Sleep, steps and changes of the clock between cron and the tick. */
function clock(evidence: Evidence): Finding {
  const {
    cronLog,
    hostZone,
    machine: { suspendedMs },
    slug,
    forms,
    job,
  } = evidence;
  const about = 'clock';
  const atMs = momentOf(evidence);
  const time = (ms: number) => wallTime(ms, hostZone);
  const fell = cronLog.lines
    .filter((line) => line.atMs <= atMs && (asleep.test(line.text) || awake.test(line.text)))
    .at(-1);
  const woke = cronLog.lines.find((line) => line.atMs > atMs && awake.test(line.text));
  if (fell !== undefined && asleep.test(fell.text) && woke !== undefined) {
    const words = `the machine slept from ${time(fell.atMs)} to ${time(woke.atMs)}`;
    return {
      about,
      is: 'stops',
      words,
      advice: missedTickAdvice(job, changing(forms, `start ${slug}`)),
    };
  }
  const step = cronLog.lines.find((line) => stepped.test(line.text) && Math.abs(line.atMs - atMs) < 3 * 60 * minuteMs);
  if (step !== undefined) return { about, is: 'doubt', words: `the clock was set at ${time(step.atMs)}: ${step.text}` };
  const [change] = hostZone.changes({ afterMs: atMs - 3 * 60 * minuteMs, untilMs: atMs + 3 * 60 * minuteMs });
  if (change !== undefined)
    return {
      about,
      is: 'doubt',
      words: `the clocks of ${hostZone.name} were changed at ${time(change.atMs)}, within three hours of it`,
    };
  if (suspendedMs > minuteMs)
    return {
      about,
      is: 'doubt',
      words: `the machine has slept for ${durationWords(suspendedMs / 1000)} since it was booted; when is not on record`,
    };
  return { about, is: 'well', words: 'no sleep, no step and no change of the clock is known' };
}

const refused =
  /PAM|Authentication|account (?:has )?expired|Permission denied|getpwnam\(\) failed|CAN'T|can't fork|failed to/i;

const earlyMs = 5000;

/**
 * cron's log lines about this job's line, for two minutes from the tick on, or until the next tick.
 */
function cronsOwnWord(evidence: Evidence): readonly Finding[] {
  const { cronLog, hostZone, slug, ticks, user, forms } = evidence;
  const about = "cron's log";
  // job-scheduler tells on its standard output what it starts.
  if (evidence.daemon.is === 'running' && evidence.daemon.name === schedulerName) return [];
  if (cronLog.source === undefined)
    return [{ about, is: 'unknown', words: cronLog.missing ?? 'there is none that can be read' }];
  const { tickMs } = ticks;
  if (tickMs === undefined) return [];
  // A job of every minute has other ticks beside this one; a clock may be read a moment early.
  const untilMs = Math.min((ticks.afterMs ?? Number.POSITIVE_INFINITY) - earlyMs, tickMs + 2 * minuteMs);
  const near = cronLog.lines.filter(({ atMs }) => atMs >= tickMs - earlyMs && atMs < untilMs);
  const tell = ({ atMs, text }: CronLogLine) => `${cronLog.source} says at ${wallTime(atMs, hostZone)}: ${text}`;
  const failed = near.find(({ text }) => refused.test(text) && text.includes(user.name));
  if (failed !== undefined)
    return [
      {
        about,
        is: 'stops',
        words: tell(failed),
        advice: [advise(`look at the account of ${user.name}`, `sudo chage -l ${user.name}`)],
      },
    ];
  const started = near.find(({ text }) =>
    new RegExp(`CMD .*--job ${slug.replaceAll('.', '\\.')}(?![\\w.-])`).test(text),
  );
  if (started !== undefined) return [{ about, is: 'well', words: `cron did start the line; ${tell(started)}` }];
  const own = near.find(({ text }) => text.startsWith('run-job') && text.includes(slug));
  if (own !== undefined)
    return [{ about, is: 'stops', words: tell(own), advice: [advise('fix that, then', looking(forms, 'check'))] }];
  if (near.length === 0)
    return [{ about, is: 'unknown', words: `${cronLog.source} says nothing about cron at that time` }];
  return [{ about, is: 'doubt', words: `${cronLog.source} has lines of cron at that time, and none about this job` }];
}
