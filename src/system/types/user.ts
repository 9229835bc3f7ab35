/** Users of the host, and who runs a program. */

/** A user of the machine as passwd and group know it. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The locale of the host, and the file that says so; without one a program speaks as in the locale C. */
export interface Locale {
  readonly file?: string;
  /** LANG, LANGUAGE, LC_*. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Users {
  /** By name, or by decimal uid; `undefined` when there is none. */
  find(nameOrUid: string): User | undefined;
}

/** Who runs this program and how. */
export interface Caller {
  readonly uid: number;
  readonly euid: number;
  readonly pid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}
