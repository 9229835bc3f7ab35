/**
 * The answer of `jobctl why`: one sentence, advice, and the evidence that matters for that answer.
 */

import { lastedWords, statusOf } from '../../run/outcome/outcome.ts';
import { durationWords } from '../../text/duration.ts';
import { wallTime } from '../../zone/wall-time.ts';
import { type Advice, advise, changing, commandsOf, looking } from '../advice.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import { hiddenWords } from '../snapshot.ts';
import type { LastWords } from '../text/failing.ts';
import { triggerWords } from '../text/history.ts';
import type { Evidence } from './evidence.ts';
import { failureAdvice } from './failure.ts';
import type { Finding } from './finding.ts';
import { elsewhereSentence, fateAdvice } from './fleet/fleet.ts';
import { hiddenAdvice } from './remedies.ts';
import type { Explanation } from './why.ts';

export interface Answer {
  /** One sentence without a stop. */
  readonly answer: string;
  readonly advice: readonly Advice[];
  /** Every command of the advice. */
  readonly commands: readonly string[];
  /** Label and words. */
  readonly facts: readonly (readonly [label: string, words: string])[];
}

export function answerOf(explanation: Explanation, evidence: Evidence, words?: LastWords): Answer {
  const advice = adviceOf(explanation, evidence, words);
  const answer = `${evidence.slug} ${sentence(explanation, evidence, words)}`;
  const facts = factsOf(explanation, evidence, words).filter(([, text]) => !answer.includes(text));
  return { answer, advice, commands: commandsOf(advice), facts };
}

function sentence(explanation: Explanation, evidence: Evidence, words: LastWords | undefined): string {
  const { verdict, run, tickMs, cause, blocker, fleetTick } = explanation;
  const { nowMs, askedMs, hostZone } = evidence;
  const time = (ms: number) => wallTime(ms, hostZone);
  const shownMs = tickMs ?? askedMs;
  const when = shownMs === undefined ? '' : ` at ${time(shownMs)}`;
  const because = cause === undefined ? '' : `: ${cause.words}`;
  switch (verdict) {
    case 'ran':
      return `${ranWords(run, evidence, words)}${resetWords(run, evidence)}${notAgain(blocker)}`;
    case 'running':
      return runningWords(run, evidence);
    case 'ran-elsewhere':
    case 'runs-elsewhere':
    case 'lost-elsewhere':
      return `${fleetTick === undefined ? 'ran on another host' : elsewhereSentence(fleetTick, time)}${notAgain(blocker)}`;
    case 'did-not-run':
      if (run?.outcome === undefined || run.outcome.kind === 'missed') return `did not run${when}${because}`;
      return run.words.replace(/^was (skipped|not started)/, `was $1${when || ` at ${time(run.startedMs)}${by(run)}`}`);
    case 'waiting':
      return `has a tick${when}, ${durationWords((nowMs - (tickMs ?? nowMs)) / 1000)} ago: it is about to start`;
    case 'not-due':
      return `${(askedMs ?? 0) > nowMs ? 'will not be' : 'was not'} due${when}${because}`;
    case 'will-run':
      return willRunWords(tickMs, evidence);
    case 'will-not-run':
      if (run === undefined || !hasEnded(run)) return `will not run${askedMs === undefined ? '' : when}${because}`;
      return `${ranWords(run, evidence, words)}${notAgain(cause)}`;
    case 'unknown':
      return `has a tick${when}, and whether it ran can't be known: ${hiddenWords(evidence.historyHidden)}`;
    case 'unexplained':
      return `did not run${when}, and nothing that can be seen here explains it`;
    default:
      return verdict satisfies never;
  }
}

function notAgain(blocker: Finding | undefined): string {
  if (blocker === undefined) return '';
  return blocker.about === 'schedule' ? `; ${blocker.words}` : `, and will not run again: ${blocker.words}`;
}

/** The next start, by the installed line, which may differ from the file. */
function willRunWords(tickMs: number | undefined, { job, hostZone, askedMs, seen, clock }: Evidence): string {
  const never = askedMs === undefined && seen?.health === 'never-run' ? 'has not run yet, and ' : '';
  const when = tickMs === undefined ? 'after the next boot' : `at ${wallTime(tickMs + (job?.delayMs ?? 0), hostZone)}`;
  const isStale = clock?.line === 'other' || clock?.line === 'left-over';
  return `${never}will run ${when}${isStale ? `: the crontab still has "${clock.schedule}"` : ''}`;
}

function runningWords(run: RunSnapshot | undefined, { nowMs, hostZone, seen }: Evidence): string {
  const time = (ms: number) => wallTime(ms, hostZone);
  if (seen?.next !== undefined && seen.next.run === run?.run)
    return `waits since ${time(run.startedMs)}${by(run)}: ${seen.next.words ?? 'for its lock'}`;
  const activity = seen?.activity.is === 'running' ? seen.activity : undefined;
  const since = `has been running for ${durationWords(Math.max(0, nowMs - (run?.startedMs ?? nowMs)) / 1000)}, since ${time(run?.startedMs ?? nowMs)}${by(run)}`;
  if (activity?.isStopped) return `${since}, but its run-job is stopped (SIGSTOP), so its timeout is not enforced`;
  if (activity?.retry === undefined) return since;
  const { attempt, words, nextMs } = activity.retry;
  return `${since}: attempt ${attempt} ${words}, attempt ${attempt + 1} at ${time(nextMs)}`;
}

function hasEnded({ outcome }: RunSnapshot): boolean {
  return outcome !== undefined && outcome.kind !== 'skipped' && outcome.kind !== 'missed';
}

/** "ran at … and failed with exit code 3 after 12 s: No space left on device" */
function ranWords(run: RunSnapshot | undefined, { hostZone }: Evidence, words: LastWords | undefined): string {
  if (run === undefined) return 'ran';
  const { outcome, durationMs, startedMs, words: ended } = run;
  const at = `at ${wallTime(startedMs, hostZone)}${by(run)}`;
  if (outcome?.kind === 'not-started') return ended.replace(/^was not started/, `was not started ${at}`);
  const lasted = lastedWords(outcome, durationMs);
  const stop = run.stopReason === undefined || outcome?.kind !== 'stopped' ? '' : `: ${run.stopReason}`;
  const comma = lasted !== '' && ended.includes(': ') ? ',' : '';
  return `ran ${at} and ${ended}${comma}${lasted}${stop}${isFailure(run) ? lastSaid(run, words) : ''}`;
}

/** The starter of the run; empty for the clock. */
function by(run: RunSnapshot | undefined): string {
  return run?.trigger === undefined || run.trigger.by === 'clock' ? '' : ` (started ${triggerWords(run.trigger)})`;
}

function isFailure({ outcome }: RunSnapshot): boolean {
  return outcome !== undefined && statusOf(outcome) === 'failure';
}

function lastSaid({ outcome, logPath }: RunSnapshot, words: LastWords | undefined): string {
  if (logPath === undefined || words === undefined) return '';
  if ('why' in words) return '; you may not read its log';
  const last = words.lines.at(-1)?.trim();
  if (last === undefined) return '; it printed nothing';
  return outcome?.kind === 'exited' ? `: ${last}` : `; it last printed "${last}"`;
}

function resetWords(run: RunSnapshot | undefined, { seen, hostZone }: Evidence): string {
  const reset = seen?.reset;
  if (reset === undefined || run === undefined || !isFailure(run) || reset.atMs < run.startedMs) return '';
  const why = reset.reason === undefined ? '' : ` (${reset.reason})`;
  return `, and ${reset.by} reset that at ${wallTime(reset.atMs, hostZone)}${why}`;
}

/** Advice about the cause first, then about what else would stop the job. */
function adviceOf(explanation: Explanation, evidence: Evidence, words: LastWords | undefined): readonly Advice[] {
  const { verdict, run, cause, findings, fleetTick } = explanation;
  const closed = words !== undefined && 'why' in words;
  const own = verdict === 'ran' && run !== undefined && isFailure(run) && resetWords(run, evidence) === '';
  const unexplained: readonly Advice[] = [
    advise('run it now', changing(evidence.forms, `start ${evidence.slug}`)),
    ...(evidence.forms.changing === ''
      ? []
      : [advise('see more, as root', `sudo jobctl why ${evidence.slug}${evidence.forms.named}`)]),
  ];
  const all = [
    ...(own ? failureAdvice(run, evidence, { closed }) : []),
    ...(verdict === 'running' ? runningAdvice(evidence) : []),
    ...(fleetTick === undefined ? [] : fateAdvice(fleetTick, evidence)),
    ...(cause?.advice ?? []),
    ...findings.filter(({ about, is }) => about === 'crontab' && is === 'doubt').flatMap(({ advice = [] }) => advice),
    ...(verdict === 'unexplained' ? unexplained : []),
    ...(evidence.historyHidden === undefined
      ? []
      : [hiddenAdvice(evidence.historyHidden, { ...evidence, user: evidence.user.name })]),
    ...others(findings, cause).flatMap(alsoAdvice),
  ];
  return merged(all);
}

/** Advice about a further finding that would stop the job. */
function alsoAdvice({ words, advice = [] }: Finding): readonly Advice[] {
  const [first, ...rest] = advice;
  if (first === undefined) return [advise(`also, ${words}`)];
  return [{ ...first, say: `also, ${words}; ${first.say}` }, ...rest];
}

function runningAdvice({ seen, forms, slug }: Evidence): readonly Advice[] {
  const activity = seen?.activity.is === 'running' ? seen.activity : undefined;
  const { pid } = activity ?? {};
  if (activity?.isStopped && pid !== undefined) return [advise('let it go on', `sudo kill -CONT ${pid}`)];
  return [advise('see what it prints', looking(forms, `logs ${slug}`))];
}

/** Keeps the first of several with the same commands. */
function merged(all: readonly Advice[]): readonly Advice[] {
  const known = new Set<string>();
  return all.filter(({ say, run }) => {
    const key = run.length === 0 ? say : run.join('\n');
    return !known.has(key) && known.add(key);
  });
}

/** Further findings that stop the job, or may have stopped it. */
function others(findings: readonly Finding[], cause: Finding | undefined): readonly Finding[] {
  return findings.filter(
    (finding) =>
      (finding.is === 'stops' || finding.is === 'stops-next') &&
      finding !== cause &&
      finding.words !== cause?.words &&
      finding.about !== 'schedule' &&
      !(finding.about === 'crontab' && cause?.about === 'job file') &&
      finding.about !== 'history' &&
      finding.afterTick === undefined,
  );
}

function factsOf(
  { verdict, run, findings, cause, blocker }: Explanation,
  evidence: Evidence,
  words: LastWords | undefined,
): readonly (readonly [string, string])[] {
  const { hostZone, seen, runs, askedMs, nowMs } = evidence;
  const time = (ms: number) => wallTime(ms, hostZone);
  const facts: (readonly [string, string])[] = [];
  const shown = run !== undefined && hasStartedWords(run) ? run : undefined;
  if (shown !== undefined) {
    facts.push(['run', `${shown.run}${shown.trigger === undefined ? '' : `, ${triggerWords(shown.trigger)}`}`]);
    if (isFailure(shown) && words !== undefined)
      if ('why' in words) facts.push(['log', words.why]);
      else for (const line of words.lines.slice(-shownLines)) facts.push(['printed', line]);
    if (shown.logPath !== undefined) facts.push(['log', shown.logPath]);
  } else {
    const last = runs.findLast((one) => hasStartedWords(one));
    if (last !== undefined && askedMs === undefined)
      facts.push(['last run', `${time(last.startedMs)} ${last.words}${lastedWords(last.outcome, last.durationMs)}`]);
  }
  const failures = seen?.streak.failures ?? 0;
  if (failures > 1 && askedMs === undefined) {
    const since = seen?.streak.failingSinceMs;
    facts.push(['failures', `${failures} in a row${since === undefined ? '' : `, since ${time(since)}`}`]);
  }
  const doubtful = verdict === 'unexplained' ? ['doubt', 'unknown'] : ['doubt'];
  const isTelling = verdict === 'unexplained' || verdict === 'will-run' || verdict === 'will-not-run';
  for (const { is, words: said } of isTelling ? findings : findings.filter(({ about }) => about === 'records'))
    if (doubtful.includes(is) && said !== cause?.words) facts.push([is === 'doubt' ? 'perhaps' : 'not known', said]);
  const saysWhen = verdict === 'will-run' || verdict === 'will-not-run' || blocker !== undefined;
  if (!saysWhen && seen?.nextMs !== undefined && seen.nextMs > nowMs) facts.push(['next', time(seen.nextMs)]);
  return facts;
}

const shownLines = 5;

function hasStartedWords({ outcome }: RunSnapshot): boolean {
  return outcome === undefined || (outcome.kind !== 'skipped' && outcome.kind !== 'missed');
}
