/** The users of the host, and the caller of a program. */

/** A user of the host, as passwd(5) has it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The locale of the host and the file that sets it. Without a file programs use the locale C. */
export interface Locale {
  readonly file?: string;
  /** LANG, LANGUAGE, LC_*. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Users {
  /** The user with this name or decimal uid; `undefined` when there is none. */
  find(nameOrUid: string): User | undefined;
}

/** The process of this program and the user who called it. */
export interface Caller {
  readonly uid: number;
  readonly euid: number;
  readonly pid: number;
  /** The name of this host, as hostname(1) prints it. */
  readonly hostName: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
