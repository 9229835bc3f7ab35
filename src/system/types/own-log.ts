/** The programs' own log. */

/** Winston's levels, from the most to the least severe. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The key `logging` of the global configuration. */
export interface OwnLogSettings {
  /** Less severe entries are dropped. */
  readonly level: LogLevel;
  /** The format of file and console; syslog always gets text. */
  readonly format: 'text' | 'json';
  readonly syslog?: { readonly facility: string };
  readonly file?: string;
  /** True when entries are shown on stderr too. */
  readonly console: boolean;
}

export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** The log in which the programs record their own actions. A job's output goes to its RunLog. */
export interface OwnLog {
  /**
   * Returns at once and never throws. A log that can't be written does not change what the program
   * does. `details` are fields that only JSON and the journal get.
   */
  note(level: LogLevel, message: string, fields?: LogFields, details?: LogFields): void;
  /** Resolves when every entry is written, or after 5 s. Later entries are dropped. */
  close(): Promise<void>;
}
