/** What the job's file, people and the places that a run needs have to say about a tick. */
import { orphanWords } from '../run/collision.ts';
import { isOver, pauseWords, resumeCommand } from '../run/pause.ts';
import { endAdvice, isOutOfReach } from '../run/process-words.ts';
import { isReboot } from '../schedule/nickname.ts';
import { wallTime } from '../schedule/wall-time.ts';
import type { Evidence } from './evidence.ts';
import type { Finding } from './why.ts';
import { hasStart } from './why-fate.ts';

/** The moment that is asked about. */
export function momentOf({ ticks, askedMs, nowMs, job }: Evidence): number {
  return ticks.tickMs === undefined ? (askedMs ?? nowMs) : ticks.tickMs + (job?.delayMs ?? 0);
}

export function fileFindings(evidence: Evidence): readonly Finding[] {
  return [jobFile(evidence), ...(evidence.job === undefined ? [] : [schedule(evidence, evidence.job)])];
}

function jobFile(evidence: Evidence): Finding {
  const { file, job, slug, runs, ticks, hostZone, crontab } = evidence;
  const about = 'job file';
  if (file.is === 'absent')
    return {
      about,
      is: 'stops',
      words: `there is no ${file.path}`,
      advice: `put it there, then ${crontab.command}`,
    };
  if (file.is === 'broken') {
    const words = `${file.path} has problems, so it is not run: ${file.problems[0] ?? ''}`;
    return { about, is: 'stops', words, advice: `fix it; jobctl check ${file.path} shows every problem` };
  }
  const { tickMs } = ticks;
  if (tickMs === undefined || file.changedMs === undefined || file.changedMs <= tickMs)
    return { about, is: 'well', words: file.path };
  const came = `${file.path} was put there or changed at ${wallTime(file.changedMs, hostZone)}, after the tick`;
  const isNew = runs.every(({ startedMs, trigger }) => trigger?.by !== 'clock' || startedMs >= tickMs);
  // Of a job that the clock does not start anyway its age explains nothing.
  if (!isNew || hasStart(evidence) || job?.schedule === undefined || !job.enabled)
    return { about, is: 'doubt', words: came };
  return { about, is: 'stops', words: came, advice: `wait for the next tick, or run it now: jobctl start ${slug}` };
}

function schedule({ slug, ticks, askedMs, hostZone, crontab }: Evidence, job: NonNullable<Evidence['job']>): Finding {
  const about = 'schedule';
  const byHand = `run it now: jobctl start ${slug}`;
  if (job.isService)
    return {
      about,
      is: 'stops',
      words: 'it is a service: it is kept up and has no ticks',
      advice: `jobctl status ${slug}`,
    };
  if (job.schedule === undefined)
    return {
      about,
      is: 'stops',
      words: 'it has no schedule: only people and other jobs start it',
      advice: `${byHand}; or give it a "schedule"`,
    };
  if (!job.enabled)
    return {
      about,
      is: 'stops',
      words: '"disabled: true" stands in its file',
      advice: `take it out, then ${crontab.command}; ${byHand}`,
    };
  const words = job.timeZone === undefined ? job.schedule : `${job.schedule} in ${job.timeZone}`;
  if (ticks.tickMs !== undefined)
    return {
      about,
      is: 'well',
      words: isReboot(job.schedule)
        ? `it starts once after each boot, the last one was at ${wallTime(ticks.tickMs, hostZone)}`
        : `${words} has a tick at ${wallTime(ticks.tickMs, hostZone)}`,
    };
  const around = [
    ...(ticks.beforeMs === undefined ? [] : [`the one before was at ${wallTime(ticks.beforeMs, hostZone)}`]),
    ...(ticks.afterMs === undefined ? [] : [`the next is at ${wallTime(ticks.afterMs, hostZone)}`]),
  ];
  const when = askedMs === undefined ? 'so far' : `at ${wallTime(askedMs, hostZone)}`;
  const none = `${words} has no tick ${when}${around.length > 0 ? `; ${around.join(', ')}` : ''}`;
  return { about, is: 'stops', words: none, advice: `jobctl next ${slug} shows when it is due` };
}

export function pauseFindings(evidence: Evidence): readonly Finding[] {
  const { pauses, hostZone } = evidence;
  const atMs = momentOf(evidence);
  const about = 'pause';
  const time = (ms: number) => wallTime(ms, hostZone);
  const holding = pauses.find((pause) => pause.atMs <= Math.max(atMs, 0) && !isOver(pause, atMs));
  if (holding !== undefined) {
    const advice = resumeCommand(holding);
    return [{ about, is: 'stops', words: `it is ${pauseWords(holding, time)}`, advice }];
  }
  const then = pausedThen(evidence, atMs);
  if (then !== undefined) return [then];
  const [later] = pauses;
  if (later !== undefined)
    return [{ about, is: 'well', words: `it was ${pauseWords(later, time)}, but not at that time` }];
  return [{ about, is: 'well', words: 'it is not paused' }];
}

/** From the history: a pause that somebody has ended since. */
function pausedThen({ steered, hostZone, slug }: Evidence, atMs: number): Finding | undefined {
  const before = steered.filter((step) => isAboutPause(step) && step.atMs <= atMs);
  const last = before.at(-1);
  if (last?.action !== 'pause' || (last.untilMs ?? Number.POSITIVE_INFINITY) <= atMs) return undefined;
  const end = steered.find((step) => ['resume', 'reset'].includes(step.action) && step.atMs > atMs);
  if (end === undefined) return undefined;
  const why = last.reason === undefined ? '' : ` (${last.reason})`;
  const words = `it was paused by ${last.by}${why} at that time; ${end.by} ended that at ${wallTime(end.atMs, hostZone)}`;
  return { about: 'pause', is: 'stops', words, advice: `nothing, it is not paused now; jobctl start ${slug} runs it` };
}

export function placeFindings(evidence: Evidence): readonly Finding[] {
  return [serviceUser(evidence), runner(evidence), state(evidence), lock(evidence)];
}

function serviceUser({ user: { name, exists, home, homeExists }, crontab }: Evidence): Finding {
  const about = 'service user';
  if (!exists) {
    const words = `there is no user ${name}, so cron refuses its lines`;
    return { about, is: 'stops', words, advice: `adduser --system --group ${name}, then ${crontab.command}` };
  }
  if (!homeExists)
    return { about, is: 'doubt', words: `${name} is there, its home ${home} is not: jobs start in / instead` };
  return { about, is: 'well', words: `${name}, home ${home}` };
}

function runner({ runner: { path, objection } }: Evidence): Finding {
  const about = 'run-job';
  if (objection === undefined) return { about, is: 'well', words: path };
  return {
    about,
    is: 'stops',
    words: `${path} ${objection}`,
    advice: 'install process-control again, or set "runner_path" and run cron-generate',
  };
}

function state({ state: { path, objection } }: Evidence): Finding {
  const about = 'state';
  if (objection === undefined) return { about, is: 'well', words: path };
  return { about, is: 'doubt', words: `${path} ${objection}: it may have run without a record of it` };
}

function lock({ holder, hostZone }: Evidence): Finding {
  const about = 'lock';
  if (holder === undefined) return { about, is: 'well', words: 'it is free' };
  if (holder.state === 'orphaned') {
    const words = orphanWords(holder);
    return isOutOfReach(holder.processes ?? [])
      ? { about, is: 'stops', words, advice: endAdvice(holder) }
      : { about, is: 'doubt', words };
  }
  const since = holder.startedMs === undefined ? '' : ` since ${wallTime(holder.startedMs, hostZone)}`;
  return { about, is: 'well', words: `run ${holder.runId ?? 'unknown'} has it now${since}` };
}

function isAboutPause({ action }: Evidence['steered'][number]): boolean {
  return action === 'pause' || action === 'resume';
}
