/** The programs' own log. */

/** From the gravest to the least; winston's names. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The `logging` of the global configuration. */
export interface OwnLogSettings {
  /** Entries below it are dropped. */
  readonly level: LogLevel;
  /** Of file and console; syslog always gets text. */
  readonly format: 'text' | 'json';
  readonly syslog?: { readonly facility: string };
  readonly file?: string;
  /** On stderr. */
  readonly console: boolean;
}

/** What the programs say about themselves. A job's output goes to its RunLog. */
export interface OwnLog {
  /** Returns at once. Nothing that goes wrong here is thrown or changes what the program does. */
  note(level: LogLevel, message: string, fields?: Readonly<Record<string, string | number | boolean>>): void;
  /** Everything noted has been written, or 5 s have passed. Nothing is noted afterwards. */
  close(): Promise<void>;
}
