/** Three real etcds, each on a machine of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Network } from './network.ts';

export const memberNames = ['etcd1', 'etcd2', 'etcd3'] as const;

export class Members {
  readonly #network: Network;
  readonly #directory: string;
  readonly #children = new Map<string, ChildProcess>();

  constructor(network: Network, directory: string) {
    this.#network = network;
    this.#directory = directory;
  }

  get endpoints(): readonly string[] {
    return memberNames.map((name) => this.#url(name, 2379));
  }

  start(name: string): void {
    const peers = memberNames.map((each) => `${each}=${this.#url(each, 2380)}`).join(',');
    const [client, peer] = [this.#url(name, 2379), this.#url(name, 2380)];
    const [file = '', ...words] = [
      ...[
        ...this.#network.on(name),
        'setpriv',
        '--pdeathsig=KILL',
        'etcd',
        '--name',
        name,
        '--data-dir',
        path.join(this.#directory, name),
      ],
      ...['--initial-cluster', peers, '--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--log-level', 'error', '--logger', 'zap'],
    ];
    this.#children.set(name, spawn(file, words, { stdio: 'ignore' }));
  }

  signal(name: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#children.get(name)?.kill(signal);
  }

  async kill(name: string): Promise<void> {
    const child = this.#children.get(name);
    this.#children.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async remove(): Promise<void> {
    for (const name of memberNames) await this.kill(name);
  }

  #url(name: string, port: number): string {
    return `http://${this.#network.address(name)}:${port}`;
  }
}
