/** The hosts that share job files, and which of them this one is. */

export interface Fleet {
  /** The name of this host in the pools. */
  readonly host: string;
  /** Names of hosts, each once, by the name of their pool. */
  readonly pools: Readonly<Record<string, readonly string[]>>;
  /** Absent: names alone decide which host has a job. */
  readonly etcd?: EtcdAccess;
}

/** The way to the store in which the hosts agree. Paths are absolute. */
export interface EtcdAccess {
  /** URLs with scheme and port, at least one. */
  readonly endpoints: readonly string[];
  readonly caFile?: string;
  /** Given together with `keyFile`. */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Given together with `passwordFile`. */
  readonly user?: string;
  readonly passwordFile?: string;
  /** Beginning of all keys; it ends in a slash. */
  readonly prefix: string;
}
