/** What cron reads. */

/** What the machine refused; `denied` when it is a matter of rights. */
export interface Refusal {
  readonly denied: boolean;
  /** Names the path and the reason. */
  readonly reason: string;
}

/** A generator's turn to change one crontab; the next waits until it has ended. */
export interface Turn {
  end(): void;
}

/** Files that cron reads at any moment: it always sees the whole old or the whole new text, and notices the new one. */
export interface Publisher {
  /** Waits at most `patienceSeconds` while another generator works on the crontab `path`. */
  turn(path: string, patienceSeconds: number): Turn | Refusal;
  /**
   * Only during a turn, which must be of the file that the others are parts of. Replaces the files in the order given, then removes;
   * nothing is replaced unless all texts are on the disk. What a killed generator left is cleared away.
   */
  publish(change: CrontabChange): Refusal | undefined;
}

/** The crontab of the caller, which crontab(1) keeps; one character a byte (latin1), so that nothing is lost. */
export interface UserCrontab {
  read():
    | { readonly is: 'text'; readonly text: string }
    | { readonly is: 'none' }
    | ({ readonly is: 'refused' } & Refusal);
  /** Replaces the whole crontab. */
  write(text: string): Refusal | undefined;
  remove(): Refusal | undefined;
}

export interface CrontabChange {
  /** Absolute path of the main file. */
  readonly path: string;
  /** Names in the directory of the main file. */
  readonly writes: readonly { readonly name: string; readonly text: string }[];
  readonly removals: readonly string[];
}

/** Debian's cron itself, asked before it gets a text. */
export interface CronReader {
  /** What it says against a crontab of one user (without the user field); `undefined` when it has no objection or can't be asked. */
  objection(text: string): string | undefined;
}
