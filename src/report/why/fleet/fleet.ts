/**
 * Findings about a job of which the hosts of a pool claim each tick: what became of the tick in the
 * fleet, and what keeps this host from claiming the next one.
 */
import { clockToleranceMs } from '../../../fleet/claim/request.ts';
import { isThere } from '../../../fleet/overview/hosts.ts';
import type { FleetEvidence, KnownInFleet } from '../../../fleet/overview/job-evidence.ts';
import type { FleetTick } from '../../../fleet/overview/jobs.ts';
import { cordonWords, seenWords } from '../../../fleet/overview/words.ts';
import { hostWords } from '../../../fleet/seat.ts';
import { lost } from '../../../fleet/store/records.ts';
import type { Pause } from '../../../run/pause/pause.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { wallTime } from '../../../zone/wall-time.ts';
import { type Advice, advise, changing, looking } from '../../advice.ts';
import type { Evidence } from '../evidence.ts';
import type { Finding } from '../finding.ts';
import { momentOf } from '../job.ts';

const about = 'fleet';

export function fleetFindings(evidence: Evidence): readonly Finding[] {
  const { fleet } = evidence;
  if (fleet === undefined) return [];
  if (fleet.is === 'unreachable') return [unreachable(fleet.reason, evidence)];
  if (fleet.is === 'hidden') return [hidden(fleet.reason, evidence)];
  return [...runFindings(fleet, evidence), ...hostFindings(fleet, evidence)];
}

/** The record of the fleet about the tick: it explains more than anything about now. */
export function fleetFateFindings(evidence: Evidence): readonly Finding[] {
  const fate = fateInFleet(evidence);
  return fate === undefined ? [] : [fateFinding(fate, evidence)];
}

/** A pause of the fleet as a pause of this host's, until it ends by the clock of etcd. */
export function pausesIn(fleet: FleetEvidence | undefined): readonly Pause[] {
  if (fleet?.is !== 'read') return [];
  return fleet.pauses.map(({ target, hold }) => ({ target, ...hold }));
}

/** Returns what the fleet has on record about the tick in question. */
export function fateInFleet({ fleet, ticks }: Evidence): FleetTick | undefined {
  if (fleet?.is !== 'read') return undefined;
  return fleet.job.ticks.find(({ tickMs }) => tickMs === ticks.tickMs);
}

/** The newest run of another host, if it began after `sinceMs`. */
export function startElsewhere({ fleet, job }: Evidence, sinceMs: number): FleetTick | undefined {
  if (fleet?.is !== 'read') return undefined;
  const newest = fleet.job.ticks.findLast(({ fate }) => fate.fate === 'started');
  return newest === undefined || newest.fate.host === job?.seat?.host || newest.fate.atMs <= sinceMs
    ? undefined
    : newest;
}

/** "ran on web2 at …: success" */
export function elsewhereSentence({ fate, tickMs }: FleetTick, format: (ms: number) => string): string {
  const at = format(tickMs);
  if (fate.fate !== 'started') return `did not run at ${at}: ${fateWords({ fate, tickMs })}`;
  if (fate.outcome === undefined) return `runs on ${fate.host} since ${format(fate.atMs)}, as run ${fate.run}`;
  if (fate.outcome === lost)
    return `was started on ${fate.host} at ${at} as run ${fate.run}, of which nothing was heard any more`;
  return `ran on ${fate.host} at ${at}, as run ${fate.run}: ${fate.outcome}`;
}

const skipWords = {
  paused: 'it was paused',
  running: 'it was still running',
  'queue-full': 'another run was waiting already',
  locked: 'a lock that it needs was held',
  late: 'it was too late for it',
} as const;

/** Advice where to read more about a run of the fleet. */
export function fateAdvice(tick: FleetTick, evidence: Evidence): readonly Advice[] {
  return fateFinding(tick, evidence).advice ?? [];
}

/** "web2 has run it: run …, success", "web2 has found that nobody started the tick" */
function fateWords({ fate }: FleetTick): string {
  switch (fate.fate) {
    case 'started':
      if (fate.outcome === undefined) return `${fate.host} has it: run ${fate.run}`;
      return fate.outcome === lost
        ? `${fate.host} started it as run ${fate.run}, of which nothing was heard any more`
        : `${fate.host} ran it as run ${fate.run}: ${fate.outcome}`;
    case 'skipped':
      return `${fate.host} has skipped it for the fleet: ${skipWords[fate.why]}`;
    case 'missed':
      return `no host started it, as ${fate.host} has found`;
    default:
      return fate satisfies never;
  }
}

function fateFinding(tick: FleetTick, { forms, slug, job }: Evidence): Finding {
  const words = fateWords(tick);
  const { fate } = tick;
  const isHere = fate.host === job?.seat?.host;
  const logs = looking(forms, `logs ${slug}`);
  const there = isHere ? [] : [advise('see its log there', `ssh ${shellWord(fate.host)} ${logs}`)];
  if (fate.fate === 'started') return { about, is: fate.outcome === lost ? 'doubt' : 'well', words, advice: there };
  const again = fate.fate === 'missed' ? [advise('run it now', changing(forms, `start ${slug}`))] : [];
  return { about, is: 'stops', words, advice: again };
}

function unreachable(reason: string, evidence: Evidence): Finding {
  const isFuture = momentOf(evidence) > evidence.nowMs;
  const words = `etcd can't be reached, so ${isFuture ? 'this host can claim no tick' : 'what the other hosts did is not known'}: ${reason}`;
  const advice = [advise('see what is wrong', looking(evidence.forms, 'doctor'))];
  return { about, is: isFuture ? 'stops' : 'doubt', words, advice };
}

function hidden(reason: string, { slug, forms }: Evidence): Finding {
  const advice = [advise('see more, as root', `sudo jobctl why ${slug}${forms.named}`)];
  return { about, is: 'unknown', words: `you may not ask etcd what the other hosts did: ${reason}`, advice };
}

/** A run of another host that still holds the job. */
function runFindings(
  { job, hosts, nowMs }: KnownInFleet,
  { hostZone, slug, forms, job: own }: Evidence,
): readonly Finding[] {
  if (job.isRunUnread) return [{ about, is: 'doubt', words: "a run holds it whose record can't be read" }];
  const { run } = job;
  if (run === undefined || run.host === own?.seat?.host) return [];
  const format = (ms: number) => wallTime(ms, hostZone);
  const words = `run ${run.run} on ${run.host} holds it since ${format(run.atMs)}`;
  const state = hosts.find(({ host }) => host === run.host);
  if (state === undefined || isThere(state, nowMs))
    return [{ about, is: 'well', words, advice: [advise('end it', changing(forms, `stop ${slug}`))] }];
  const away = `${words}, and ${run.host} ${seenWords(state, nowMs, format)}`;
  const free = advise(`if ${run.host} is off, free what it holds`, changing(forms, `host lost ${run.host}`));
  return [{ about, is: 'doubt', words: away, advice: [free] }];
}

/** Keeps this host from claiming; the others may go on. */
function hostFindings(fleet: KnownInFleet, { hostZone, job, forms }: Evidence): readonly Finding[] {
  const seat = job?.seat;
  if (seat?.isHere !== true) return [];
  const format = (ms: number) => wallTime(ms, hostZone);
  const able = fleet.hosts.filter((one) => one.host !== seat.host && !one.cordon && isThere(one, fleet.nowMs));
  const others =
    able.length === 0 ? 'and no other host is there to claim it' : `but ${hostWords(able.map(({ host }) => host))} may`;
  const is = able.length === 0 ? 'stops' : 'doubt';
  const { cordon } = fleet.hosts.find(({ host }) => host === seat.host) ?? {};
  const held: Finding[] = [];
  const add = (words: string, advice: readonly Advice[]) =>
    held.push({ about, is, words: `${words}, ${others}`, advice });
  if (cordon !== undefined)
    add(`this host is cordoned ${cordonWords(cordon, format)}`, [
      advise('bring it back', changing(forms, `host uncordon ${seat.host}`)),
    ]);
  if (Math.abs(fleet.aheadMs) > clockToleranceMs + fleet.errorMs)
    add(clockWords(fleet.aheadMs), [advise('set the clock right', 'timedatectl status')]);
  if (held.length > 0) return held;
  return [
    {
      about,
      is: 'well',
      words: `this host claims its ticks${able.length === 0 ? '' : `, and so does ${hostWords(able.map(({ host }) => host))}`}`,
    },
  ];
}

/** "the clock of this host is 12 s ahead of etcd's" */
function clockWords(aheadMs: number): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  return `the clock of this host is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} etcd's, so it claims nothing`;
}
