/** The answers of a claim in the words of the history: why a tick was not started on this host. */
import type { RunJob } from '../../job/job.ts';
import { type Outcome, outcomeWords } from '../../run/outcome/outcome.ts';
import type { PermissionAnswer } from '../../run/permission/permission.ts';
import { durationWords } from '../../text/duration.ts';
import type { ClaimAnswer } from '../claim/request.ts';
import { lost } from '../store/records.ts';

type Skipped = Extract<PermissionAnswer, { is: 'skipped' }>;

const noWarnings: Pick<Skipped, 'is' | 'warnings'> = { is: 'skipped', warnings: [] };

function unclaimed(reason: string): Skipped {
  return { ...noWarnings, reason: 'unclaimed', words: `it could not be claimed: ${reason}`, allowed: false };
}

export function unreachable(reason: string): Skipped {
  return unclaimed(`etcd does not answer (${reason})`);
}

type Refused = Exclude<ClaimAnswer, { is: 'mine' | 'unreachable' | 'over' | 'busy-here' }>;

/** `isAsked`: a person or another job asks, who must know that there is no run. */
export function refusalOf(
  answer: Refused,
  job: Pick<RunJob, 'allowOvertime' | 'policy'>,
  isAsked: boolean,
): PermissionAnswer {
  switch (answer.is) {
    case 'had':
    case 'waits-elsewhere':
    case 'held':
      return isAsked ? unclaimed('another run began in the same second; try again') : { is: 'elsewhere' };
    case 'cordoned':
      return isAsked ? unclaimed('this host is cordoned, so nothing starts here') : { is: 'elsewhere' };
    case 'skipped':
      return skipOf(answer, job, isAsked);
    case 'wrong-clock':
      return unclaimed(clockWords(answer.aheadMs));
    case 'clocks-disagree':
      return unclaimed('the members of etcd have different times, and no two of them agree');
    case 'lapsed':
      return unclaimed('the answer of etcd came when the time of the claim was over, so the run did not begin');
    case 'unreadable':
      return unclaimed(`the value of ${answer.key} in etcd is not understood; another version may have written it`);
    default:
      return answer satisfies never;
  }
}

function clockWords(aheadMs: number): string {
  const seconds = durationWords(Math.abs(aheadMs) / 1000);
  return `the clock of this host is ${seconds} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of etcd`;
}

function skipOf(
  { why, by, looked }: Extract<ClaimAnswer, { is: 'skipped' }>,
  { allowOvertime, policy }: Pick<RunJob, 'allowOvertime' | 'policy'>,
  isAsked: boolean,
): Skipped {
  const skipped = { is: 'skipped', warnings: lostWords(looked.lost), allowed: allowOvertime } as const;
  switch (why) {
    case 'paused':
      return { ...skipped, reason: 'paused', words: 'paused in etcd, on all hosts', allowed: !isAsked };
    case 'running':
      return {
        ...skipped,
        reason: 'running',
        words: by === undefined ? 'still running in the fleet' : `still running on ${by.host} (run ${by.run})`,
      };
    case 'queue-full':
      return { ...skipped, reason: 'queue-full', words: 'another run is already queued; at most one run can wait' };
    case 'locked':
      return {
        ...skipped,
        reason: 'locked',
        words: `another job holds one of its locks of the fleet: ${(policy.fleetLocks ?? []).join(', ')}`,
      };
    case 'late':
      return { ...skipped, reason: 'deadline', words: 'no host came within its start_deadline', allowed: false };
    default:
      return why satisfies never;
  }
}

/** Sentences about runs that have left without a word. */
export function lostWords(runs: readonly { readonly host: string; readonly run: string }[]): readonly string[] {
  return runs.map(
    ({ host, run }) => `run ${run} on ${host} was lost: its host has said nothing since, so its end is not known`,
  );
}

/** The end of a run in words for the record of its tick; none of them was printed by the job. */
export function endWords(outcome: Outcome): string {
  const words = outcome.kind === 'broke-rule' ? `failed by ${outcome.rule}` : outcomeWords(outcome);
  return words === lost ? `${lost}.` : words;
}
