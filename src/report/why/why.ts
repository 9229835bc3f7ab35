/**
 * Explains why a job ran at a tick or did not, or, if no time is asked for, why it is in the state
 * that `jobctl status` shows.
 * What is on record decides. Without a record the evidence is checked in the order in which a tick
 * travels: file, schedule, pause, crontab, cron's view of it, cron, user, program. The first
 * finding that stops the job is named, with what to do.
 */
import type { FleetTick } from '../../fleet/overview/jobs.ts';
import { lost } from '../../fleet/store/records.ts';
import { defined } from '../../text/defined.ts';
import { graceMs } from '../clock/overdue.ts';
import type { RunSnapshot } from '../latest-runs.ts';
import { hiddenWords, unreadableWords } from '../snapshot.ts';
import { crontabFindings } from './crontab.ts';
import { daemonFindings } from './daemon.ts';
import type { Evidence } from './evidence.ts';
import { claimFinding, fateFinding, runOfTick } from './fate.ts';
import type { Finding } from './finding.ts';
import { fateInFleet, fleetFateFindings, fleetFindings, startElsewhere } from './fleet/fleet.ts';
import { fileFindings, lockFinding, pauseFindings, placeFindings } from './job.ts';

type Verdict =
  /** The job started; `run` says how it ended. */
  | 'ran'
  | 'running'
  /** The same of a run on another host, which `fleetTick` tells. */
  | 'ran-elsewhere'
  | 'runs-elsewhere'
  | 'lost-elsewhere'
  | 'did-not-run'
  /** The tick is a moment ago, or its splay is not over. */
  | 'waiting'
  /** The schedule has no tick at that time. */
  | 'not-due'
  /** The tick is still to come. */
  | 'will-run'
  | 'will-not-run'
  /** The history can't be read, so it is unknown whether the job ran. */
  | 'unknown'
  /** The job did not run, and nothing that is known explains it. */
  | 'unexplained';

export interface Explanation {
  readonly slug: string;
  readonly verdict: Verdict;
  readonly tickMs?: number;
  readonly run?: RunSnapshot;
  /** The record of the fleet about the tick, if that is the answer. */
  readonly fleetTick?: FleetTick;
  /** The finding that stopped the job, or will. */
  readonly cause?: Finding;
  /** The finding that keeps a job that has run from starting again. */
  readonly blocker?: Finding;
  /** All findings, in the order in which a tick travels. */
  readonly findings: readonly Finding[];
}

export function explain(evidence: Evidence): Explanation {
  const ofTick = explainTick(evidence);
  return evidence.askedMs === undefined ? explainState(evidence, ofTick) : ofTick;
}

/** Explains what happened to the tick in question, or will happen. */
function explainTick(evidence: Evidence): Explanation {
  const { slug, ticks } = evidence;
  const { tickMs } = ticks;
  const run = runOfTick(evidence);
  const found = findingsOf(evidence, run);
  // The tick is on record as missed, and nothing about now explains it.
  const missed = run?.outcome?.kind === 'missed' ? found[0] : undefined;
  const cause = found.find((finding) => finding.is === 'stops') ?? missed;
  const verdict = verdictOf(evidence, run, cause);
  const named = { slug, verdict, ...defined({ tickMs, run }) };
  if (verdict === 'unknown') return { ...named, findings: found };
  const fleetTick = verdict.endsWith('elsewhere') ? fateInFleet(evidence) : undefined;
  if (fleetTick !== undefined) return { ...named, fleetTick, findings: found.map(asNext) };
  const didStart = verdict === 'ran' || verdict === 'running';
  return didStart ? { ...named, findings: found.map(asNext) } : { ...named, ...(cause && { cause }), findings: found };
}

/** Turns a finding about now into one about the next start, for a job that did start. */
function asNext(finding: Finding): Finding {
  return finding.is === 'stops' ? { ...finding, is: 'stops-next' } : finding;
}

/**
 * Follows the order of `jobStateOf` (running, orphaned, invalid, elsewhere, paused, failing, disabled,
 * overdue); after that comes what stops the next start.
 */
function explainState(evidence: Evidence, ofTick: Explanation): Explanation {
  const { seen, file, runs, ticks } = evidence;
  const ofNext = explainTick(nextStartOf(evidence));
  const blocker = ofNext.findings.find(({ is }) => is === 'stops');
  const latest = runs.findLast(isRun);
  const { verdict, cause } = ofTick;
  const isUntold = verdict !== 'did-not-run' && verdict !== 'unexplained';
  const skip = ofTick.run?.outcome?.kind === 'skipped' ? ofTick.run : undefined;
  const blocked = (by: Finding): Explanation => aboutNext(ofNext, by);
  const about = (run: RunSnapshot): Explanation => aboutRun(run, { evidence, ofNext, blocker });

  if (latest !== undefined && latest.outcome === undefined && (skip === undefined || skip.startedMs < latest.startedMs))
    return about(latest);
  if (seen?.activity.is === 'orphaned') return blocked({ ...lockFinding(evidence), is: 'stops' });
  const isElsewhere = evidence.job?.seat?.isHere === false;
  const there = startElsewhere(evidence, latest?.startedMs ?? 0);
  if (there !== undefined && isElsewhere && file.is === 'good')
    return aboutFleet(there, { evidence, ofNext, blocker: undefined });
  if ((file.is !== 'good' || isElsewhere) && blocker !== undefined) return blocked(blocker);
  const [pause] = pauseFindings({ ...evidence, ticks: {}, askedMs: evidence.nowMs });
  const isSkippedByPause = skip?.outcome?.kind === 'skipped' && skip.outcome.reason === 'paused';
  if (pause?.is === 'stops' && !isSkippedByPause) return blocked(pause);
  if (there !== undefined) return aboutFleet(there, { evidence, ofNext, blocker });
  // A run that ended after the tick is newer than whatever became of that.
  const isNewer = latest !== undefined && (isUntold || (latest.endedMs ?? latest.startedMs) > (ticks.tickMs ?? 0));
  if (isNewer && seen?.health === 'failing') return about(latest);
  const left = skippedSince(evidence, latest);
  if (left !== undefined && (isUntold || cause?.afterTick === true) && pause?.is !== 'stops')
    return aboutSkip(left, evidence, ofNext);
  if (isByHandOnly(evidence)) return latest === undefined ? ofNext : about(latest);
  if (!isUntold && cause?.afterTick === undefined) return ofTick;
  if (latest === undefined) return verdict === 'waiting' || verdict === 'unknown' ? ofTick : ofNext;
  if (blocker !== undefined) return { ...about(latest), verdict: 'will-not-run', cause: blocker };
  return ofTick.run === latest || verdict === 'waiting' ? ofTick : about(latest);
}

function aboutNext({ slug, tickMs, findings }: Explanation, cause: Finding): Explanation {
  return { slug, verdict: 'will-not-run', ...defined({ tickMs }), cause, findings };
}

/** The newest start, if it was skipped and is newer than the last run and than the last tick. */
function skippedSince({ runs, ticks, nowMs }: Evidence, latest: RunSnapshot | undefined): RunSnapshot | undefined {
  const newest = runs.at(-1);
  if (newest?.outcome?.kind !== 'skipped' || ['paused', 'claimed', 'not-due'].includes(newest.outcome.reason))
    return undefined;
  const tickMs = ticks.tickMs ?? 0;
  const isLast = newest.startedMs > Math.max(latest?.startedMs ?? 0, tickMs > nowMs ? 0 : tickMs);
  return isLast ? newest : undefined;
}

function aboutSkip(run: RunSnapshot, evidence: Evidence, ofNext: Explanation): Explanation {
  const fate = fateFinding(run, evidence);
  const findings = [fate, ...ofNext.findings.map(asNext)];
  return { slug: evidence.slug, verdict: 'did-not-run', run, cause: fate, findings };
}

interface Now {
  readonly evidence: Evidence;
  readonly ofNext: Explanation;
  readonly blocker: Finding | undefined;
}

/** About a run that started, whether a tick had it or a person. */
function aboutRun(run: RunSnapshot, { evidence, ofNext, blocker }: Now): Explanation {
  return {
    ...{ slug: evidence.slug, verdict: run.outcome === undefined ? 'running' : 'ran', run },
    ...(run.tick !== undefined && { tickMs: run.tick.tickMs }),
    ...defined({ blocker }),
    findings: [fateFinding(run, evidence), ...ofNext.findings.map(asNext)],
  };
}

/** About a run on another host. */
function aboutFleet(fleetTick: FleetTick, { evidence, ofNext, blocker }: Now): Explanation {
  return {
    ...{ slug: evidence.slug, verdict: elsewhereVerdict(fleetTick), tickMs: fleetTick.tickMs, fleetTick },
    ...defined({ blocker }),
    findings: ofNext.findings.map(asNext),
  };
}

function elsewhereVerdict({ fate }: FleetTick): Verdict {
  if (fate.fate !== 'started') return 'did-not-run';
  if (fate.outcome === undefined) return 'runs-elsewhere';
  return fate.outcome === lost ? 'lost-elsewhere' : 'ran-elsewhere';
}

/** Neither its file nor the crontab has the clock start it. */
function isByHandOnly({ job, crontab }: Evidence): boolean {
  return job !== undefined && (job.schedule === undefined || !job.enabled) && crontab.line === undefined;
}

function isRun({ outcome }: RunSnapshot): boolean {
  return outcome === undefined || (outcome.kind !== 'skipped' && outcome.kind !== 'missed');
}

/** The same job asked about its next start, of which nothing is on record yet. */
function nextStartOf(evidence: Evidence): Evidence {
  const { ticks, nowMs, crontab, clock } = evidence;
  const { claim: _claim, askedMs: _asked, ...rest } = evidence;
  // A line of other times starts the job too.
  const fires = clock?.line === 'other' && clock.schedule !== undefined ? { fires: true } : {};
  const tickMs = ticks.tickMs !== undefined && ticks.tickMs > nowMs ? ticks.tickMs : ticks.afterMs;
  return {
    ...{ ...rest, runs: [], crontab: { ...crontab, ...fires } },
    ticks: defined({ tickMs, ofLine: ticks.ofLine }),
    cronLog: { ...evidence.cronLog, lines: evidence.cronLog.lines.filter(({ atMs }) => atMs <= nowMs) },
  };
}

/** Findings on record about the tick come before those about now. */
function findingsOf(evidence: Evidence, run: RunSnapshot | undefined): readonly Finding[] {
  const isHidden = evidence.historyHidden !== undefined;
  const untold = isHidden ? [] : claimFinding(evidence);
  const fate = run === undefined ? untold : [fateFinding(run, evidence)];
  return [
    ...fate,
    ...fleetFateFindings(evidence),
    ...fileFindings(evidence),
    ...recordFindings(evidence),
    ...pauseFindings(evidence),
    ...fleetFindings(evidence),
    ...crontabFindings(evidence),
    ...daemonFindings(evidence),
    ...placeFindings(evidence),
  ];
}

function verdictOf(evidence: Evidence, run: RunSnapshot | undefined, cause: Finding | undefined): Verdict {
  const { nowMs, ticks, job, askedMs } = evidence;
  if (run !== undefined && hasStarted(run)) return run.outcome === undefined ? 'running' : 'ran';
  if (run?.outcome !== undefined && run.outcome.kind !== 'missed') return 'did-not-run';
  const inFleet = fateInFleet(evidence);
  if (inFleet?.fate.fate === 'started') return elsewhereVerdict(inFleet);
  const { tickMs } = ticks;
  // A job that has no tick at all: it is asked about what is to come.
  const isFuture = (tickMs ?? askedMs ?? Number.POSITIVE_INFINITY) > nowMs;
  if (tickMs === undefined && job?.schedule !== undefined && job.enabled && askedMs !== undefined) return 'not-due';
  if (!isFuture && evidence.historyHidden !== undefined) return 'unknown';
  if (cause !== undefined) return isFuture ? 'will-not-run' : 'did-not-run';
  if (isFuture) return 'will-run';
  if (tickMs !== undefined && nowMs < tickMs + (job?.delayMs ?? 0) + graceMs) return 'waiting';
  return 'unexplained';
}

/** Its commands were started, or it died on the way there. */
function hasStarted({ outcome }: RunSnapshot): boolean {
  return outcome === undefined || !['skipped', 'not-started', 'missed'].includes(outcome.kind);
}

/**
 * The exit code. 0: it ran, runs, waits or will run. 1: it did not or will not, and the cause is
 * known. 4: the cause is not known, or whether it ran.
 */
export function explanationCode({ verdict }: Explanation): 0 | 1 | 4 {
  switch (verdict) {
    case 'ran':
    case 'running':
    case 'ran-elsewhere':
    case 'runs-elsewhere':
    case 'waiting':
    case 'will-run':
      return 0;
    case 'lost-elsewhere':
    case 'did-not-run':
    case 'will-not-run':
    case 'not-due':
      return 1;
    case 'unexplained':
    case 'unknown':
      return 4;
    default:
      return verdict satisfies never;
  }
}

/** Records that can't be read may be those that would have explained it. */
function recordFindings({ slug, unreadable, historyHidden }: Evidence): readonly Finding[] {
  const all = [unreadableWords(slug, unreadable), hiddenWords(historyHidden)];
  return all.flatMap((words) => (words === undefined ? [] : [{ about: 'records', is: 'doubt', words }]));
}
