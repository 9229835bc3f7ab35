/** Probes, ports and pid files of services. */
import type { WriteAnswer } from './file.ts';
import type { ProcessIdentity, Survivor } from './process.ts';

/** The result of one probe. */
export type ProbeAnswer =
  | { readonly is: 'success' }
  /** `said` is the last line that a command printed, for those who may read the instance's log. */
  | { readonly is: 'failure'; readonly reason: string; readonly said?: string }
  /** The probe could not be run. */
  | { readonly is: 'unknown'; readonly reason: string };

/** Probes an instance of a service. No call throws, or takes much longer than `timeoutMs`. */
export interface Probes {
  /** The response to a GET on 127.0.0.1, with at most 64 KiB of its body. The caller judges it. */
  http(
    port: number,
    path: string,
    timeoutMs: number,
  ): Promise<
    { readonly is: 'response'; readonly code: number; readonly body: string; readonly location?: string } | ProbeAnswer
  >;
  tcp(port: number, timeoutMs: number): Promise<ProbeAnswer>;
  /** The result of a command. When it resolves no process of the command is left. */
  command(command: ProbeCommand, timeoutMs: number): Promise<ProbeAnswer>;
}

export interface ProbeCommand {
  /** Absolute path of the program first. */
  readonly argv: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
}

/** The ports of this host and the services that have reserved them. */
export interface Ports {
  /** True when the port can be bound now, on all addresses. */
  isFree(port: number): Promise<boolean>;
  /**
   * The process that listens on the port; `undefined` also when it belongs to another user, whose
   * open files can't be seen.
   */
  holder(port: number): Survivor | undefined;
  /** The ports that services have reserved, by slug, including services that are dead. */
  reserved(): readonly { readonly slug: string; readonly ports: readonly number[] }[];
  /** Replaces `endpoints.json` of a service in the run directory. */
  publish(slug: string, endpoints: Endpoints): WriteAnswer;
  /** Removes that file. */
  withdraw(slug: string): void;
}

/** The text of `endpoints.json`, by which clients and proxies find a service. */
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
   * The living process that the file names, or the reason why it does not count: it belongs to
   * another user, or is older than `notBefore` and so can't be the daemon that the command left.
   */
  look(
    path: string,
    rule: { readonly uid: number; readonly notBefore?: ProcessIdentity },
  ): ProcessIdentity | { readonly missing: string };
}
