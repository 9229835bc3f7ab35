/**
 * Finds out whether cron had a job's line at a tick: does it exist, is it up to date, and does cron
 * read the file.
 * The rules are those of Debian's cron (database.c, user.c), which ignores a whole file for one bad
 * line and says so only in the system log.
 */
import { wallTime } from '../../zone/wall-time.ts';
import { advise, changing } from '../advice.ts';
import { octal, refusalOf } from '../clock/crontab-part.ts';
import type { CrontabEvidence, Evidence } from './evidence.ts';
import { hasStart } from './fate.ts';
import type { Finding } from './finding.ts';

const about = 'crontab';

/**
 * Returns at most one finding: what stops the job, what could not be read, a doubt, or that the
 * line is there.
 */
export function crontabFindings(evidence: Evidence): readonly Finding[] {
  // If there is no job, or it needs no line, the rest of the file does not matter.
  const { crontab, job } = evidence;
  if (job !== undefined && isOff(job) && crontab.line === undefined) return [];
  const stops = placeOf(crontab) ?? ignoredBecause(crontab) ?? lineOf(crontab) ?? ageOf(evidence) ?? logged(evidence);
  if (stops !== undefined) return [stops];
  const doubt = doubtOf(crontab, job);
  return [doubt ?? { about, is: 'well', words: `${crontab.path} has its line: ${crontab.line ?? ''}` }];
}

function placeOf({ kind, path, facts, unreadable, command }: CrontabEvidence): Finding | undefined {
  if (kind === 'console')
    return { about, is: 'unknown', words: 'output_crontab is console: what reads the lines is not known here' };
  if (kind === 'elsewhere') {
    const words = `${path} is not in /etc/cron.d, where cron looks`;
    return {
      about,
      is: 'stops',
      words,
      advice: [advise('set "output_crontab" to a file in /etc/cron.d, then', command)],
    };
  }
  if (unreadable !== undefined) return { about, is: 'unknown', words: `${path} could not be read: ${unreadable}` };
  if (facts !== undefined) return undefined;
  if (kind === 'own')
    return {
      about,
      is: 'stops',
      words: 'you have no crontab',
      advice: [advise('install it', command)],
    };
  return { about, is: 'stops', words: `there is no ${path}`, advice: [advise('install the crontab', command)] };
}

/** The reason why cron ignores the whole file. */
function ignoredBecause(crontab: CrontabEvidence): Finding | undefined {
  const refusal = refusalOf(crontab, crontab.command);
  return (
    refusal && { about, is: 'stops', words: `cron ignores ${crontab.path}: ${refusal.words}`, advice: refusal.advice }
  );
}

/** A line of other times starts the job all the same, where it has this tick too. */
function lineOf({ path, line, wanted, kind, fires, command }: CrontabEvidence): Finding | undefined {
  const advice = [
    advise(kind === 'own' ? 'install it (--diff only shows the change)' : 'install the crontab again', command),
  ];
  if (line === undefined) return { about, is: 'stops', words: `its line is not in ${path} yet`, advice };
  if (wanted === undefined || scheduleIn(line) === scheduleIn(wanted)) return undefined;
  const words = `its line in ${path} has other times than its file asks for: ${line}`;
  return { about, is: fires === true ? 'doubt' : 'stops', words, advice };
}

/** The part that says when. */
function scheduleIn(line: string): string {
  const words = line.trim().split(/[ \t]+/);
  return words.slice(0, line.trim().startsWith('@') ? 1 : 5).join(' ');
}

/**
 * Debian's cron reads a changed file at the beginning of a minute, before it starts what is due;
 * cronie reads it at once.
 */
function ageOf(evidence: Evidence): Finding | undefined {
  const { crontab, ticks, runs, hostZone, slug, forms } = evidence;
  const { path, facts } = crontab;
  const { tickMs } = ticks;
  if (facts === undefined || tickMs === undefined || facts.mtimeMs < tickMs || hasStart(evidence)) return undefined;
  const written = `${path} was written at ${wallTime(facts.mtimeMs, hostZone)}, after the tick`;
  const hadLine = runs.some(({ trigger, startedMs }) => trigger?.by === 'clock' && startedMs < tickMs);
  if (hadLine) return undefined;
  return {
    about,
    is: 'stops',
    words: `${written}; no start of the job by the clock before that is on record`,
    advice: [advise('wait for the next tick, or run it now', changing(forms, `start ${slug}`))],
    afterTick: true,
  };
}

/** cron's own messages about a crontab, of both daemons. */
export const refusalPattern =
  /bad (?:minute|hour|day-of-month|month|day-of-week|command|username|option|file mode)|Syntax error|WRONG FILE OWNER|WRONG SYMLINK OWNER|INSECURE MODE|BAD FILE MODE|NUMBER OF HARD LINKS|NOT (?:A )?REGULAR|must not be longer|will be ignored/i;

/** A message that is newer than the file is about the present file. */
function logged({ crontab, cronLog, hostZone }: Evidence): Finding | undefined {
  const { path, facts } = crontab;
  const said = cronLog.lines.filter(
    ({ text, atMs }) => refusalPattern.test(text) && text.includes(path) && atMs >= (facts?.mtimeMs ?? 0) - 1000,
  );
  const last = said.at(-1);
  if (last === undefined) return undefined;
  const words = `cron said at ${wallTime(last.atMs, hostZone)}: ${last.text}`;
  return {
    about,
    is: 'stops',
    words,
    advice: [
      advise('fix that, then touch the file: cron reads it again only when its time changes', `sudo touch ${path}`),
    ],
  };
}

function isOff({ schedule, enabled }: NonNullable<Evidence['job']>): boolean {
  return schedule === undefined || !enabled;
}

function doubtOf(
  { path, facts, line, wanted, kind, command }: CrontabEvidence,
  job: Evidence['job'],
): Finding | undefined {
  if (line !== undefined && job !== undefined && isOff(job))
    return {
      about,
      is: 'doubt',
      words: `${path} still has its line, ${job.seat?.isHere === false ? 'which starts nothing' : 'so cron starts it all the same'}: ${line}`,
      advice: [advise('take the line out', command)],
    };
  if (facts !== undefined && kind === 'cron.d' && (facts.mode & 0o111) !== 0)
    return {
      about,
      is: 'doubt',
      words: `${path} is executable (mode ${octal(facts.mode)}): Debian's cron reads it, cronie does not`,
    };
  if (line !== undefined && wanted !== undefined && line !== wanted)
    return {
      about,
      is: 'doubt',
      words: `its line in ${path} is not the one that cron-generate would write now: ${line}`,
      advice: [advise('install the crontab again', command)],
    };
  return undefined;
}
