/** Probes, ports and pid files of services. */
import type { WriteAnswer } from './file.ts';
import type { ProcessIdentity, Survivor } from './process.ts';

/** What one probe said. */
export type ProbeAnswer =
  | { readonly is: 'success' }
  /** `said`: the last line of a command, for those who may read the instance's log. */
  | { readonly is: 'failure'; readonly reason: string; readonly said?: string }
  /** It could not be run at all. */
  | { readonly is: 'unknown'; readonly reason: string };

/** Asks whether something answers. Nothing here throws or takes longer than `timeoutMs` and a moment. */
export interface Probes {
  /** GET on 127.0.0.1; the body is text of at most 64 KiB. Judged by whoever asks. */
  http(
    port: number,
    path: string,
    timeoutMs: number,
  ): Promise<
    { readonly is: 'response'; readonly code: number; readonly body: string; readonly location?: string } | ProbeAnswer
  >;
  tcp(port: number, timeoutMs: number): Promise<ProbeAnswer>;
  /** Nothing of it lives when the answer comes. */
  command(command: ProbeCommand, timeoutMs: number): Promise<ProbeAnswer>;
}

export interface ProbeCommand {
  /** Absolute path of the program first. */
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/** Ports of this host, and who has them. */
export interface Ports {
  /** Whether it can be bound now, on all addresses. */
  isFree(port: number): Promise<boolean>;
  /** Who listens on it, as far as that can be seen from here: processes of other users can't. */
  holder(port: number): Survivor | undefined;
  /** What services have reserved, each by its slug; those of dead ones included. */
  reserved(): readonly { readonly slug: string; readonly ports: readonly number[] }[];
  /** Replaces what a service has published: `endpoints.json` in its folder of the run directory. */
  publish(slug: string, endpoints: Endpoints): WriteAnswer;
  withdraw(slug: string): void;
}

/** For clients and proxies that want to find a service. */
export interface Endpoints {
  readonly service: string;
  readonly host: string;
  readonly instances: readonly {
    readonly instance: number;
    readonly state: string;
    readonly ports: Readonly<Record<string, number>>;
  }[];
}

export interface PidFiles {
  /**
   * The living process that the file names, if it is this user's and not older than `notBefore`: an earlier one with this number, or one that
   * somebody else has started, is not what the command left. Else why there is none.
   */
  look(
    path: string,
    rule: { readonly uid: number; readonly notBefore?: ProcessIdentity },
  ): ProcessIdentity | { readonly missing: string };
}
