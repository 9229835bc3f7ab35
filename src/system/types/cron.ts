/** The files that cron reads. */

/**
 * The reason why the host did not do what was asked. `denied` means that the caller lacks the
 * rights.
 */
export interface Refusal {
  readonly denied: boolean;
  /** Names the path and the reason. */
  readonly reason: string;
}

/** The right of one cron-generate to change one crontab. Another one waits until the turn ends. */
export interface Turn {
  end(): void;
}

/**
 * Replaces crontabs. Cron may read them at any moment: it sees the whole old or the whole new text,
 * and notices the new one.
 */
export interface Publisher {
  /** Waits at most `patienceSeconds` while another cron-generate works on the crontab `path`. */
  turn(path: string, patienceSeconds: number): Turn | Refusal;
  /**
   * Replaces the files in the given order, then removes `removals`. No file is replaced before all
   * texts are on the disk. The caller must hold the turn of the main file. Files that a killed
   * cron-generate left are removed.
   */
  publish(change: CrontabChange): Refusal | undefined;
}

/**
 * The caller's own crontab, which crontab(1) keeps. Texts have one character a byte (latin1), so
 * that no byte is lost.
 */
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

/** Debian's cron, which can check a crontab before it is installed. */
export interface CronReader {
  /**
   * The problem that cron finds in a user's crontab (lines without a user field); `undefined` when
   * there is none or cron can't be asked.
   */
  problemIn(text: string): string | undefined;
}
