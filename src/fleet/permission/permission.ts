/** Asks etcd whether this host may start a run, and tells it how the run ends. */
import type { RunJob } from '../../job/job.ts';
import type { ClaimRules } from '../../job/keys/pool-keys.ts';
import type { Outcome } from '../../run/outcome/outcome.ts';
import type {
  Grant,
  GrantOrders,
  Permission,
  PermissionAnswer,
  PermissionQuestion,
} from '../../run/permission/permission.ts';
import { type ClaimPorts, claim } from '../claim/claim.ts';
import type { ClaimAnswer, ClaimRequest, FleetJob, LookedBack } from '../claim/request.ts';
import { deadlineOf } from '../run/deadline.ts';
import { finish } from '../run/finish.ts';
import type { HeldRun } from '../run/held.ts';
import { Renewal } from '../run/renew.ts';
import type { Started } from '../store/records.ts';
import { enterUnclaimed } from './enter.ts';
import { nextMoment } from './moment.ts';
import { endWords, lostWords, refusalOf, unreachable } from './words.ts';

export interface PermissionPorts extends Omit<ClaimPorts, 'tryLock' | 'isOver'> {
  /** Records ticks that were missed before this one. Returns warnings. */
  readonly recordMissed: (missed: readonly number[]) => readonly string[];
}

export interface PermissionOrder {
  readonly job: RunJob;
  readonly fleetJob: FleetJob;
  readonly rules: ClaimRules;
  readonly request: ClaimRequest;
  /** A person or another job asks, not the clock. */
  readonly isAsked: boolean;
}

/** Time in which the end of a run is told; the next `run-job --ensure` tells it otherwise. */
const endPatienceMs = 10_000;

export function fleetPermission(order: PermissionOrder, ports: PermissionPorts): Permission {
  return { ask: (question) => ask(order, ports, question) };
}

async function ask(
  order: PermissionOrder,
  ports: PermissionPorts,
  { tryLock, isOver }: PermissionQuestion,
): Promise<PermissionAnswer> {
  const { job, isAsked } = order;
  const answer = await claimMoment(order, { ...ports, tryLock, isOver });
  switch (answer.is) {
    case 'mine':
      return { is: 'granted', grant: grantOf(answer.held, answer.looked, order, ports) };
    case 'over':
    case 'busy-here':
      return answer;
    case 'unreachable':
      return withoutEngine(answer.reason, order, ports, tryLock);
    case 'skipped': {
      const refusal = refusalOf(answer, job, isAsked);
      return 'warnings' in refusal
        ? { ...refusal, warnings: [...refusal.warnings, ...ports.recordMissed(answer.looked.missed)] }
        : refusal;
    }
    default:
      return refusalOf(answer, job, isAsked);
  }
}

/** Another host may have had the second by which a run is named that no clock has started: the next one is asked for. */
async function claimMoment({ fleetJob, request, isAsked }: PermissionOrder, ports: ClaimPorts): Promise<ClaimAnswer> {
  for (let tickMs = request.tickMs; ; tickMs = nextMoment(tickMs)) {
    const answer = await claim(fleetJob, { ...request, tickMs }, ports);
    const isOtherRun = answer.is === 'had' && ports.isOver?.() !== true;
    if (!isAsked || !isOtherRun || tickMs - request.tickMs > mostMomentsMs) return answer;
  }
}

const mostMomentsMs = 10_000;

function grantOf(
  held: HeldRun,
  looked: LookedBack,
  { job }: PermissionOrder,
  { engine, keys, clock, recordMissed }: PermissionPorts,
): Grant {
  let renewal: Renewal | undefined;
  const { fence, lease, record } = held;
  return {
    fence,
    ...(lease !== undefined && { deadline: deadlineOf(lease, job.killGraceSeconds) }),
    words: `${record.host} has claimed this run in etcd, fence ${fence}${record.attempt > 1 ? `, run ${record.attempt} of the tick` : ''}`,
    warnings: [...lostWords(looked.lost), ...recordMissed(looked.missed)],
    hold({ onDeadline, onStop }: GrantOrders) {
      renewal = new Renewal(held, job.killGraceSeconds, { engine, keys, clock, onDeadline, onStop });
    },
    async end(outcome: Outcome) {
      renewal?.close();
      const told = await finish(held, endWords(outcome), { engine, keys }, endPatienceMs);
      if (told.is === 'written') return [];
      if (told.is === 'superseded') return ['its tick was run again by another host, which had not heard of it'];
      return [`etcd could not be told of its end (${told.reason}); run-job --ensure does it when etcd is back`];
    },
  };
}

/** The job's `without_engine`: only the first host of the order runs it all the same. */
async function withoutEngine(
  reason: string,
  order: PermissionOrder,
  ports: PermissionPorts,
  tryLock: PermissionQuestion['tryLock'],
): Promise<PermissionAnswer> {
  const { rules, request, isAsked } = order;
  if (rules.withoutEngine === 'skip') return unreachable(reason);
  if (request.rank > 0) return { ...unreachable(reason), allowed: true };
  if (!(await tryLock())) return { is: 'busy-here' };
  return { is: 'granted', grant: unclaimedGrant(reason, order, isAsked ? undefined : ports) };
}

/** A run without a claim: it is entered afterwards, if etcd is back by then. */
function unclaimedGrant(
  reason: string,
  { fleetJob, request }: PermissionOrder,
  ports: PermissionPorts | undefined,
): Grant {
  const { host, boot, run, tickMs } = request;
  const beganMs = ports?.clock.nowMs() ?? 0;
  const words = `etcd does not answer (${reason}), so this run is not claimed (without_engine: run)`;
  return {
    words,
    warnings: [words],
    hold: () => undefined,
    async end(outcome: Outcome) {
      if (ports === undefined) return [];
      const { slug, definition, locks } = fleetJob;
      const record: Started = { host, boot, run, atMs: beganMs, attempt: 1, definition };
      return enterUnclaimed({ slug, tickMs, record, locks }, endWords(outcome), ports);
    },
  };
}
