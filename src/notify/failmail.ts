/** Decides whether a finished run is told by failmail, and to whom. */

/** A job's `failmail`. */
export interface Failmail {
  readonly fromAddress: string;
  readonly toAddress: string;
}

export interface FailmailPolicy {
  readonly failmail?: Failmail;
  /** `failure_threshold_for_mail`: every failure from this one in a row on is told. */
  readonly failureThreshold?: number;
}

/** The addresses of the mail that is due, or `undefined` when none is; `failuresInARow` counts this run and is 0 after a success. */
export function dueFailmail(policy: FailmailPolicy, failuresInARow: number): Failmail | undefined {
  const threshold = Math.max(policy.failureThreshold ?? 1, 1);
  return failuresInARow >= threshold ? policy.failmail : undefined;
}
