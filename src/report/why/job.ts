/**
 * Findings about the job file, about operators' decisions, and about the places that a run needs.
 */
import { orphanWords } from '../../run/lock/collision.ts';
import { isOver, pauseWords } from '../../run/pause/pause.ts';
import { isOutOfReach } from '../../run/process-words.ts';
import { isReboot } from '../../schedule/nickname.ts';
import { shellWord } from '../../text/shell-word.ts';
import { wallTime } from '../../zone/wall-time.ts';
import { advise, changing, looking } from '../advice.ts';
import { schedulerName } from '../clock/daemon.ts';
import type { Evidence } from './evidence.ts';
import { hasStart } from './fate.ts';
import type { Finding } from './finding.ts';
import { poolFindings } from './fleet/pool.ts';
import { resumeAdvice } from './remedies.ts';

/** The moment that is asked about. */
export function momentOf({ ticks, askedMs, nowMs, job }: Evidence): number {
  return ticks.tickMs === undefined ? (askedMs ?? nowMs) : ticks.tickMs + (job?.delayMs ?? 0);
}

export function fileFindings(evidence: Evidence): readonly Finding[] {
  const { job } = evidence;
  if (job === undefined) return [jobFile(evidence)];
  return [jobFile(evidence), ...poolFindings(evidence), ...schedule(evidence, job)];
}

function jobFile(evidence: Evidence): Finding {
  const { file, job, slug, runs, ticks, hostZone, crontab, forms } = evidence;
  const about = 'job file';
  if (file.is === 'absent')
    return {
      about,
      is: 'stops',
      ...absentFile(file.path, crontab),
    };
  if (file.is === 'broken') {
    const fix = advise('fix it; this shows every problem', looking(forms, `check ${shellWord(file.path)}`));
    const install = advise('then install the crontab', crontab.command);
    const words = `its file has problems, so it is not run: ${file.problems[0] ?? ''}`;
    return {
      about,
      is: 'stops',
      words,
      advice: [fix, ...(crontab.line === undefined ? [install] : [])],
    };
  }
  const { tickMs } = ticks;
  if (tickMs === undefined || file.changedMs === undefined || file.changedMs <= tickMs)
    return { about, is: 'well', words: file.path };
  const came = `${file.path} was put there or changed at ${wallTime(file.changedMs, hostZone)}, after the tick`;
  const isNew = runs.every(({ startedMs, trigger }) => trigger?.by !== 'clock' || startedMs >= tickMs);
  // For a job that the clock does not start anyway, the age of its file explains nothing.
  if (!isNew || hasStart(evidence) || job?.schedule === undefined || !job.enabled)
    return { about, is: 'doubt', words: came };
  const advice = [advise('wait for the next tick, or run it now', changing(forms, `start ${slug}`))];
  return { about, is: 'stops', words: came, advice, afterTick: true };
}

/** Its line may still be there: cron goes on to start what no longer exists. */
function absentFile(
  path: string,
  { line, path: crontab, command }: Evidence['crontab'],
): Pick<Finding, 'words' | 'advice'> {
  if (line === undefined) return { words: `there is no ${path}`, advice: [advise('put it there, then', command)] };
  return {
    words: `there is no ${path}, but ${crontab} still has its line, so each start by cron fails`,
    advice: [advise('if the job is gone for good, remove its line; otherwise put its file back', command)],
  };
}

function schedule(evidence: Evidence, job: NonNullable<Evidence['job']>): readonly Finding[] {
  // What the schedule says counts where the job is.
  return job.seat?.isHere === false ? [] : [scheduleFinding(evidence, job)];
}

function scheduleFinding(evidence: Evidence, job: NonNullable<Evidence['job']>): Finding {
  const { slug, ticks, askedMs, hostZone, crontab, forms, file } = evidence;
  const about = 'schedule';
  const byHand = advise('run it now', changing(forms, `start ${slug}`));
  if (job.isService)
    return {
      about,
      is: 'stops',
      words: 'it is a service: it is kept up and has no ticks',
      advice: [advise('look at it', looking(forms, `status ${slug}`))],
    };
  if (job.schedule === undefined && ticks.ofLine === undefined)
    return {
      about,
      is: 'stops',
      words: 'it has no schedule: only people and other jobs start it',
      advice: [
        byHand,
        advise(`to have the clock start it, write a "schedule" into ${file.path}, then`, crontab.command),
      ],
    };
  if (!job.enabled && crontab.line === undefined)
    return {
      about,
      is: 'stops',
      words: 'its file has "disabled: true"',
      advice: [advise(`take it out of ${file.path}, then`, crontab.command), byHand],
    };
  const own = job.timeZone === undefined ? `${job.schedule}` : `${job.schedule} in ${job.timeZone}`;
  const words = ticks.ofLine === undefined ? own : `${ticks.ofLine}, which the crontab has,`;
  if (ticks.tickMs !== undefined)
    return {
      about,
      is: 'well',
      words: isReboot(ticks.ofLine ?? job.schedule)
        ? `it starts once after each boot, the last one was at ${wallTime(ticks.tickMs, hostZone)}`
        : `${words} has a tick at ${wallTime(ticks.tickMs, hostZone)}`,
    };
  if (isReboot(ticks.ofLine ?? job.schedule)) return { about, is: 'well', words: 'it starts once after each boot' };
  if (ticks.beforeMs === undefined && ticks.afterMs === undefined && askedMs === undefined)
    return {
      about,
      is: 'stops',
      words: `${words} is never due`,
      advice: [advise(`write another "schedule" into ${file.path}, then`, crontab.command), byHand],
    };
  const around = [
    ...(ticks.beforeMs === undefined ? [] : [`the one before was at ${wallTime(ticks.beforeMs, hostZone)}`]),
    ...(ticks.afterMs === undefined ? [] : [`the next is at ${wallTime(ticks.afterMs, hostZone)}`]),
  ];
  const when = askedMs === undefined ? 'so far' : `at ${wallTime(askedMs, hostZone)}`;
  const none = `${words} has no tick ${when}${around.length > 0 ? `; ${around.join(', ')}` : ''}`;
  return { about, is: 'stops', words: none, advice: [advise('see when it is due', looking(forms, `next ${slug}`))] };
}

export function pauseFindings(evidence: Evidence): readonly Finding[] {
  const { pauses, hostZone } = evidence;
  const atMs = momentOf(evidence);
  const about = 'pause';
  const time = (ms: number) => wallTime(ms, hostZone);
  const holding = pauses.filter((pause) => pause.atMs <= Math.max(atMs, 0) && !isOver(pause, atMs));
  const [first] = holding;
  if (first !== undefined) {
    const words = holding.map((pause) => pauseWords(pause, time)).join(', and ');
    return [{ about, is: 'stops', words: `it is ${words}`, advice: resumeAdvice(holding, evidence) }];
  }
  const then = pausedThen(evidence, atMs);
  if (then !== undefined) return [then];
  const [later] = pauses;
  if (later !== undefined)
    return [{ about, is: 'well', words: `it was ${pauseWords(later, time)}, but not at that time` }];
  return [{ about, is: 'well', words: 'it is not paused' }];
}

/** The pause that held the job at the tick, from the history, if it has ended since. */
function pausedThen({ steered, hostZone, slug, forms }: Evidence, atMs: number): Finding | undefined {
  const before = steered.filter((step) => isAboutPause(step) && step.atMs <= atMs);
  const last = before.at(-1);
  if (last?.action !== 'pause' || (last.untilMs ?? Number.POSITIVE_INFINITY) <= atMs) return undefined;
  const end = steered.find((step) => ['resume', 'reset'].includes(step.action) && step.atMs > atMs);
  if (end === undefined) return undefined;
  const why = last.reason === undefined ? '' : ` (${last.reason})`;
  const words = `it was paused by ${last.by}${why} at that time; ${end.by} ended that at ${wallTime(end.atMs, hostZone)}`;
  return {
    about: 'pause',
    is: 'stops',
    words,
    advice: [advise('it is not paused now; run it', changing(forms, `start ${slug}`))],
  };
}

export function placeFindings(evidence: Evidence): readonly Finding[] {
  return [serviceUser(evidence), runner(evidence), state(evidence), lockFinding(evidence)];
}

function serviceUser({ user: { name, exists, home, homeExists, end }, crontab, daemon }: Evidence): Finding {
  const about = 'service user';
  if (!exists) {
    const words = `there is no user ${name}, so cron refuses its lines`;
    const make = `sudo adduser --system --group ${shellWord(name)}`;
    return {
      about,
      is: 'stops',
      words,
      advice: [advise('make the user, and install the crontab again', make, crontab.command)],
    };
  }
  // job-scheduler starts jobs without asking PAM.
  const ofAccount = daemon.is === 'running' && daemon.name === schedulerName ? undefined : end;
  if (ofAccount !== undefined && ofAccount !== 'hidden') return { about, is: 'stops', ...ofAccount };
  if (!homeExists)
    return { about, is: 'doubt', words: `${name} is there, its home ${home} is not: jobs start in / instead` };
  if (ofAccount === 'hidden')
    return { about, is: 'unknown', words: `${name}, home ${home}; root can tell whether the account has expired` };
  return { about, is: 'well', words: `${name}, home ${home}` };
}

function runner({ runner: { path, objection: problem }, crontab }: Evidence): Finding {
  const about = 'run-job';
  if (problem === undefined) return { about, is: 'well', words: path };
  return {
    about,
    is: 'stops',
    words: `${path} ${problem}`,
    advice: [advise('install process-control again, or set "runner_path" in the configuration, then', crontab.command)],
  };
}

function state({ state: { path, objection: problem } }: Evidence): Finding {
  const about = 'state';
  if (problem === undefined) return { about, is: 'well', words: path };
  return { about, is: 'doubt', words: `${path} ${problem}: it may have run without a record of it` };
}

export function lockFinding({ holder, hostZone, forms, slug }: Evidence): Finding {
  const about = 'lock';
  if (holder === undefined) return { about, is: 'well', words: 'it is free' };
  if (holder.state === 'orphaned') {
    const words = orphanWords(holder);
    return isOutOfReach(holder.processes ?? [])
      ? { about, is: 'stops', words, advice: [advise('end them', `sudo kill -KILL ${holder.pids.join(' ')}`)] }
      : { about, is: 'doubt', words, advice: [advise('end them', changing(forms, `stop ${slug}`))] };
  }
  const since = holder.startedMs === undefined ? '' : ` since ${wallTime(holder.startedMs, hostZone)}`;
  return { about, is: 'well', words: `run ${holder.runId ?? 'unknown'} has it now${since}` };
}

function isAboutPause({ action }: Evidence['steered'][number]): boolean {
  return action === 'pause' || action === 'resume';
}
