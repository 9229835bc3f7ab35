/** Checks the cron daemon, its time zone, and the crontab. */
import { lstatSync } from 'node:fs';
import type { CrontabSync } from '../../../../crontab/comparison.ts';
import { type Advice, advise } from '../../../../report/advice.ts';
import { type CrontabPart, refusalOf } from '../../../../report/clock/crontab-part.ts';
import { type DaemonEvidence, schedulerName, startCommand } from '../../../../report/clock/daemon.ts';
import type { ClockFacts, Installed } from '../../../../report/clock/installed.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { cronLogLines } from '../../../../report/why/cron-log.ts';
import { refusalPattern } from '../../../../report/why/crontab.ts';
import { readSystemLog } from '../../../../system/cron/system-log.ts';
import { files } from '../../../../system/file/files.ts';
import { clock } from '../../../../system/time/clock.ts';
import { hostZone } from '../../../../system/time/zones.ts';
import { caller } from '../../../../system/user/caller.ts';
import { defined } from '../../../../text/defined.ts';
import { shellWord } from '../../../../text/shell-word.ts';
import { otherZoneAdvice, otherZoneWords } from '../../../../zone/other-zone.ts';
import { wallTime } from '../../../../zone/wall-time.ts';
import { counted, named, unknownTo } from './ground.ts';

/** One job, and what the clock does with it. */
export interface JobClock {
  readonly slug: string;
  readonly clock: ClockFacts;
}

export function daemonCheck(daemon: DaemonEvidence, isNeeded: boolean): Check {
  const about = 'cron';
  switch (daemon.is) {
    case 'running': {
      const { name, pid, sinceMs, stopped } = daemon;
      const since = sinceMs === undefined ? '' : ` since ${wallTime(sinceMs, hostZone())}`;
      if (!stopped) return { about, is: 'ok', words: `${name} (pid ${pid}) has been running${since}` };
      const words = `${name} (pid ${pid}) is stopped by a signal, so it starts nothing`;
      return { about, is: 'problem', words, advice: [advise('let it go on', `sudo kill -CONT ${pid}`)] };
    }
    case 'absent': {
      const words = isNeeded ? 'no cron is running, so nothing starts jobs' : 'no cron is running';
      return { about, is: isNeeded ? 'problem' : 'warning', words, advice: [advise('start it', startCommand(daemon))] };
    }
    case 'hidden':
      return unknownTo(about, "other users' processes are hidden from you", 'root');
    default:
      return daemon satisfies never;
  }
}

/** cron may be installed and started together with the zone. */
const startMs = 1000;

/** Compares cron's time zone with that of this host. Only root can see the one that cron has. */
export function zoneCheck(daemon: DaemonEvidence): Check {
  const about = 'time zone';
  const host = hostZone();
  if (daemon.is !== 'running') return { about, is: 'ok', words: `this host has ${host.name}` };
  const { otherZone, sinceMs, name } = daemon;
  // It looks at the host's zone again each minute.
  if (name === schedulerName) return { about, is: 'ok', words: `this host has ${host.name}` };
  if (otherZone !== undefined)
    return {
      ...{ about, is: 'problem', words: otherZoneWords(otherZone, host, clock.nowMs()) },
      advice: [advise(otherZoneAdvice)],
    };
  const changedMs = localtimeMs();
  if (sinceMs !== undefined && changedMs > sinceMs + startMs)
    return {
      ...{ about, is: 'warning' },
      words: `/etc/localtime was changed at ${wallTime(changedMs, host)}, after ${name} was started, which may still have the zone from before`,
      advice: [advise('restart cron', restartCommand(name))],
    };
  if (caller.euid !== 0) return unknownTo(about, `this host has ${host.name}, but cron may have another one`, 'root');
  return { about, is: 'ok', words: `cron has that of this host, ${host.name}` };
}

/** The time at which /etc/localtime, a file or a link, was put there. */
function localtimeMs(): number {
  return lstatSync('/etc/localtime', { throwIfNoEntry: false })?.ctimeMs ?? 0;
}

function restartCommand(name: string): string {
  const isSystemd = lstatSync('/run/systemd/system', { throwIfNoEntry: false }) !== undefined;
  return isSystemd ? `sudo systemctl restart ${name}` : `sudo service ${name} restart`;
}

interface WantedLines {
  /** The line of each job, and the clock's view of it. */
  readonly clocks: readonly JobClock[];
  readonly sync: CrontabSync;
}

export function crontabCheck(installed: Installed, { clocks, sync }: WantedLines): Check {
  const about = 'crontab';
  const { main, command } = installed;
  const wanted = clocks.filter((one) => one.clock.line !== 'none');
  const early = placeCheck(main, command, wanted.length) ?? refusedCheck(installed) ?? cronsWordCheck(main);
  if (early !== undefined) return early;
  const slugs = (...lines: readonly ClockFacts['line'][]) =>
    wanted.filter((one) => lines.includes(one.clock.line)).map(({ slug }) => slug);
  const missing = slugs('missing');
  const other = slugs('other', 'left-over');
  const parts = [
    ...(missing.length > 0 ? [`${counted(missing.length, 'job has', 'jobs have')} no line (${named(missing)})`] : []),
    ...(other.length > 0
      ? [`${counted(other.length, 'line differs', 'lines differ')} from the job files (${named(other)})`]
      : []),
    ...syncParts(sync, new Set(clocks.map(({ slug }) => slug))),
  ];
  const advice = [sync.is === 'refused' ? refusedAdvice(main.path, command) : advise('write it again', command)];
  if (parts.length === 0) return syncCheck(main.path, sync, advice);
  return { about, is: 'problem', words: `${main.path}: ${parts.join(', ')}`, advice };
}

/** cron follows a link, but cron-generate replaces only a file, and a file of others only when it is told to. */
function refusedAdvice(path: string, command: string): Advice {
  if (files.facts(path)?.kind === 'file') return advise('look at it, then replace it', `${command} --adopt`);
  return advise('remove it, then write it again', `sudo rm ${shellWord(path)}`, command);
}

/** The differences that no job file shows: lines of jobs that are gone, and lines that call something else. */
function syncParts(sync: CrontabSync, slugs: ReadonlySet<string>): readonly string[] {
  if (sync.is === 'refused') return [`cron-generate does not replace it: ${sync.words}`];
  if (sync.is !== 'differs') return [];
  const gone = sync.removed.filter((slug) => !slugs.has(slug));
  const { commands } = sync;
  return [
    ...(gone.length > 0
      ? [`${counted(gone.length, 'line is', 'lines are')} of a job whose file is gone (${named(gone)})`]
      : []),
    ...(commands.length > 0
      ? [
          `${counted(commands.length, 'line has', 'lines have')} another user or program than the configuration (${named(commands)})`,
        ]
      : []),
  ];
}

function syncCheck(path: string, sync: CrontabSync, advice: Check['advice']): Check {
  const about = 'crontab';
  if (sync.is !== 'differs') return { about, is: 'ok', words: `${path} is in sync with the job files` };
  const words = `${path} is not what cron-generate would write now: ${sync.words}`;
  return { about, is: 'warning', words, ...defined({ advice }) };
}

/** True if cron-generate --target systemd has written timers for the lines: then cron need not read them. */
function hasTimers(): boolean {
  return files.facts('/etc/systemd/system/process-control.target')?.kind === 'file';
}

function placeCheck(
  { kind, path, facts, unreadable }: CrontabPart,
  command: string,
  wanted: number,
): Check | undefined {
  const about = 'crontab';
  if (kind === 'console')
    return { about, is: 'unknown', words: 'output_crontab is console: what reads the lines is not known here' };
  if (kind === 'elsewhere' && !hasTimers()) {
    const advice = [advise('set "output_crontab" to a file in /etc/cron.d, then', command)];
    return { about, is: 'problem', words: `${path} is not in /etc/cron.d, where cron looks`, advice };
  }
  if (unreadable !== undefined) {
    const words = `${path} can't be read: ${unreadable}`;
    return caller.euid === 0 || kind === 'own' ? { about, is: 'problem', words } : unknownTo(about, words, 'root');
  }
  if (facts !== undefined) return undefined;
  const words = kind === 'own' ? 'you have no crontab' : `there is no ${path}`;
  if (wanted === 0) return { about, is: 'ok', words: `${words}, and no job needs one` };
  return { about, is: 'problem', words: `${words}, so cron starts no job`, advice: [advise('write it', command)] };
}

/** A crontab may have several files, and cron ignores each by itself. */
function refusedCheck({ main, lines, ensure, catchUp, command }: Installed): Check | undefined {
  const parts = new Set([main, ...[...lines.values()].map(({ part }) => part), ...[ensure ?? main, catchUp ?? main]]);
  for (const part of parts) {
    const refusal = refusalOf(part, command);
    if (refusal === undefined) continue;
    const words = `cron ignores ${part.path}: ${refusal.words}`;
    return { about: 'crontab', is: 'problem', words, advice: refusal.advice };
  }
  return undefined;
}

const weekMs = 7 * 24 * 3_600_000;

/** Finds cron's own message about the present file, where its log can be read. */
function cronsWordCheck({ path, facts, kind }: CrontabPart): Check | undefined {
  const nowMs = clock.nowMs();
  if (facts === undefined || kind !== 'cron.d' || facts.mtimeMs < nowMs - weekMs) return undefined;
  const span = { fromMs: facts.mtimeMs - 1000, untilMs: nowMs };
  const log = readSystemLog(span);
  if (log.is === 'missing') return undefined;
  const said = cronLogLines(log.text, { ...span, hostZone: hostZone() })
    .filter(({ text }) => refusalPattern.test(text) && text.includes(path))
    .at(-1);
  if (said === undefined) return undefined;
  const words = `cron said at ${wallTime(said.atMs, hostZone())}: ${said.text}`;
  const say = 'correct that, then let cron read it again';
  return { about: 'crontab', is: 'problem', words, advice: [advise(say, `sudo touch ${shellWord(path)}`)] };
}
