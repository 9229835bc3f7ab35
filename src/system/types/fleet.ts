/** The hosts that share job files, and which of them this one is. */

export interface Fleet {
  /** The name of this host in the pools. */
  readonly host: string;
  /** Names of hosts, each once, by the name of their pool. */
  readonly pools: Readonly<Record<string, readonly string[]>>;
}
