/**
 * Why a job ran at a tick, or did not. What is on record decides; where nothing is, the evidence is walked in the order in which a tick travels: file,
 * schedule, pause, crontab, what cron makes of it, cron itself, user, program. The first that stands in the way is named, and what to do.
 */
import { minuteMs } from '../schedule/zone.ts';
import type { Evidence } from './evidence.ts';
import { hiddenWords, type RunSnapshot, unreadableWords } from './snapshot.ts';
import { crontabFindings } from './why-crontab.ts';
import { daemonFindings } from './why-daemon.ts';
import { claimFinding, fateFinding, runOfTick } from './why-fate.ts';
import { fileFindings, pauseFindings, placeFindings } from './why-job.ts';

/** One thing that was looked at. `stops`: by itself enough to keep the job from starting. `doubt`: it may have. */
export interface Finding {
  readonly about: string;
  readonly is: 'well' | 'stops' | 'doubt' | 'unknown';
  readonly words: string;
  /** What to do, a command where there is one. */
  readonly advice?: string;
}

type Verdict =
  /** It started, and `run` says what became of it. */
  | 'ran'
  | 'running'
  | 'did-not-run'
  /** The tick is a moment ago, or its splay is not over. */
  | 'waiting'
  /** The schedule has no tick at that time. */
  | 'not-due'
  /** It is still to come. */
  | 'will-run'
  | 'will-not-run'
  /** It did not run, and nothing that is known explains it. */
  | 'unexplained';

export interface Explanation {
  readonly slug: string;
  readonly verdict: Verdict;
  readonly tickMs?: number;
  readonly run?: RunSnapshot;
  /** The one that stopped it. */
  readonly cause?: Finding;
  /** Everything that was looked at, in the order in which a tick travels. */
  readonly findings: readonly Finding[];
}

/** A late cron (it wakes once a minute) and a slow start are nothing to explain. */
const startMs = 1.5 * minuteMs;

export function explain(evidence: Evidence): Explanation {
  const { slug, ticks } = evidence;
  const { tickMs } = ticks;
  const run = runOfTick(evidence);
  const findings = findingsOf(evidence, run);
  // A tick that is on record as missed, and nothing that is so now says why: then the record is all there is.
  const missed = run?.outcome?.kind === 'missed' ? findings[0] : undefined;
  const cause = findings.find((finding) => finding.is === 'stops') ?? missed;
  const verdict = verdictOf(evidence, run, cause);
  const named = { slug, verdict, ...(tickMs !== undefined && { tickMs }), ...(run !== undefined && { run }) };
  const hasCause = cause !== undefined && verdict !== 'ran' && verdict !== 'running';
  return { ...named, ...(hasCause && { cause }), findings };
}

/** What is on record about the tick goes before everything that is only so now. */
function findingsOf(evidence: Evidence, run: RunSnapshot | undefined): readonly Finding[] {
  const fate = run === undefined ? claimFinding(evidence) : [fateFinding(run, evidence)];
  return [
    ...fate,
    ...fileFindings(evidence),
    ...recordFindings(evidence),
    ...pauseFindings(evidence),
    ...crontabFindings(evidence),
    ...daemonFindings(evidence),
    ...placeFindings(evidence),
  ];
}

function verdictOf(evidence: Evidence, run: RunSnapshot | undefined, cause: Finding | undefined): Verdict {
  const { nowMs, ticks, job, askedMs } = evidence;
  if (run !== undefined && hasStarted(run)) return run.outcome === undefined ? 'running' : 'ran';
  if (run?.outcome !== undefined && run.outcome.kind !== 'missed') return 'did-not-run';
  const { tickMs } = ticks;
  // A job that has no tick at all: it is asked about what is to come.
  const isFuture = (tickMs ?? askedMs ?? Number.POSITIVE_INFINITY) > nowMs;
  if (tickMs === undefined && job?.schedule !== undefined && job.enabled && askedMs !== undefined) return 'not-due';
  if (cause !== undefined) return isFuture ? 'will-not-run' : 'did-not-run';
  if (isFuture) return 'will-run';
  if (tickMs !== undefined && nowMs < tickMs + (job?.delayMs ?? 0) + startMs) return 'waiting';
  return 'unexplained';
}

/** Its commands were started, or it died on the way there. */
function hasStarted({ outcome }: RunSnapshot): boolean {
  return outcome === undefined || !['skipped', 'not-started', 'missed'].includes(outcome.kind);
}

/** 0: it ran, runs, waits or will run. 1: it did not or will not, and why is known. 4: nobody knows why. */
export function explanationCode({ verdict }: Explanation): 0 | 1 | 4 {
  switch (verdict) {
    case 'ran':
    case 'running':
    case 'waiting':
    case 'will-run':
      return 0;
    case 'did-not-run':
    case 'will-not-run':
    case 'not-due':
      return 1;
    case 'unexplained':
      return 4;
    default:
      return verdict satisfies never;
  }
}

/** What is passed over may be what would have explained it. */
function recordFindings({ slug, unreadable, historyHidden }: Evidence): readonly Finding[] {
  const all = [unreadableWords(slug, unreadable), hiddenWords(historyHidden)];
  return all.flatMap((words) => (words === undefined ? [] : [{ about: 'records', is: 'doubt', words }]));
}
