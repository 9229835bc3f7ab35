/**
 * The account of a job's ticks on this host: the ticks that have had a start (claims), and the
 * *mark*, the moment up to which all ticks are settled (started, skipped or recorded as missed).
 * The mark belongs to one schedule; another schedule begins anew. So a job that is new or was
 * changed has missed nothing.
 */

import type { Scheduled } from '../../schedule/ticks.ts';
import type { WriteAnswer } from '../../system/types/file.ts';
import type { HistoryStore, TickClaims } from '../../system/types/state.ts';
import { decodeJson, optional, shape, text, time } from '../../text/decode.ts';
import { defined } from '../../text/defined.ts';

export interface TickAccount {
  /** The mark: no tick up to here is open. */
  readonly sinceMs: number;
  /**
   * The mark before it was last moved, and the time of that move; for starts that cron makes up for
   * at the same moment.
   */
  readonly moved?: { readonly fromMs: number; readonly atMs: number };
  readonly claimed: ReadonlySet<number>;
  /**
   * Set if there is no mark for this schedule yet, or the clock has been set back since: `sinceMs`
   * is the present.
   */
  readonly isNew: boolean;
}

/**
 * A clock that is set back by less than this repeats ticks; one that is set back farther begins a
 * new account. cron has the same limit.
 */
export const clockStepMs = 3 * 3_600_000;

interface Mark {
  readonly rule: string;
  readonly sinceMs: number;
  readonly moved?: { readonly fromMs: number; readonly atMs: number };
}

export type AccountedJob = Scheduled & { readonly slug: string };

/**
 * Reads the account. `changedMs` is the time of the latest change of the job's file: ticks before
 * it belong to another text of the file.
 */
export function readAccount(
  job: AccountedJob,
  claims: Pick<TickClaims, 'read'>,
  { nowMs, changedMs = Number.NEGATIVE_INFINITY }: { readonly nowMs: number; readonly changedMs?: number },
): TickAccount {
  const found = claims.read(job.slug);
  const claimed = new Set(found.claimed);
  const mark = parseMark(found.mark);
  const isNew = mark?.rule !== ruleOf(job) || mark.sinceMs > nowMs + clockStepMs;
  if (isNew) return { sinceMs: nowMs, claimed, isNew };
  const sinceMs = Math.max(mark.sinceMs, changedMs > nowMs ? Number.NEGATIVE_INFINITY : changedMs);
  return { sinceMs, claimed, isNew, ...defined({ moved: mark.moved }) };
}

/** Moves the mark: from now on all ticks up to `sinceMs` count as settled. */
export function moveMark(
  job: AccountedJob,
  claims: Pick<TickClaims, 'writeMark'>,
  { sinceMs, moved }: Omit<Mark, 'rule'>,
): WriteAnswer {
  const mark: Mark = { rule: ruleOf(job), sinceMs, ...defined({ moved }) };
  return claims.writeMark(job.slug, `${JSON.stringify(mark)}\n`);
}

function ruleOf({ schedule, timing: { timeZone } }: Scheduled): string {
  return timeZone === undefined ? `${schedule?.written}` : `${schedule?.written} ${timeZone}`;
}

const mark = shape<Mark>({
  rule: text,
  sinceMs: time,
  moved: optional(shape<NonNullable<Mark['moved']>>({ fromMs: time, atMs: time })),
});

function parseMark(json: string | undefined): Mark | undefined {
  return decodeJson(json, mark);
}

export interface VoidQuestion {
  readonly claims: Pick<TickClaims, 'find' | 'drop'>;
  readonly history: Pick<HistoryStore, 'read'>;
  readonly nowMs: number;
  readonly sinceBootMs: number;
}

/**
 * Returns the account without the newest claim if its run never came to be: the host went down, or
 * its run-job was killed, while it waited for its splay. That tick is open again. Only the newest
 * claim is looked at: each older one was the newest once.
 */
export function withoutVoidClaim(
  job: AccountedJob & { readonly timing: { readonly splaySeconds: number } },
  account: TickAccount,
  { claims, history, nowMs, sinceBootMs }: VoidQuestion,
): TickAccount {
  // There may be more claims than a call may have arguments, so they are not spread.
  const newestMs = [...account.claimed].reduce(
    (newest, tickMs) => (tickMs <= nowMs ? Math.max(newest, tickMs) : newest),
    Number.NEGATIVE_INFINITY,
  );
  const claim = Number.isFinite(newestMs) ? claims.find(job.slug, newestMs) : undefined;
  if (claim?.waits !== true) return account;
  const patienceMs = job.timing.splaySeconds * 1000 + waitPatienceMs;
  const mayWait = claim.atMs >= nowMs - sinceBootMs && Math.abs(nowMs - claim.atMs) <= patienceMs;
  if (mayWait || history.read(job.slug).includes(`"run":"${claim.run}"`)) return account;
  claims.drop(job.slug, [newestMs]);
  return { ...account, claimed: new Set([...account.claimed].filter((tickMs) => tickMs !== newestMs)) };
}

/** Allowance for a suspended host, whose timers go on where they were. */
const waitPatienceMs = 10 * 60_000;
