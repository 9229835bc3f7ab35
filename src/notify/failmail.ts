/** Decides whether a finished run is told by failmail, and to whom. */

/** A job's `failmail`. */
export interface Failmail {
  /** Absent: the service user at this host. */
  readonly fromAddress?: string;
  readonly toAddress: string;
}

export interface FailmailPolicy {
  readonly failmail?: Failmail;
  /** Every failure from this one in a row on is told; 1 or less tells each. */
  readonly failureThresholdForMail: number;
}

/** The addresses of the mail that is due, or `undefined` when none is; `failuresInARow` counts this run and is 0 after a success. */
export function dueFailmail(policy: FailmailPolicy, failuresInARow: number): Failmail | undefined {
  const threshold = Math.max(policy.failureThresholdForMail, 1);
  return failuresInARow >= threshold ? policy.failmail : undefined;
}
