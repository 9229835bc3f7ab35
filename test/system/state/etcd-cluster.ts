/** Real etcds on loopback, each with a data directory of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The reason to skip a test; false where etcd is installed. */
export function withoutEtcd(): string | false {
  try {
    execFileSync('etcd', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'etcd is not installed (Debian: etcd-server)';
  }
}

export interface ClusterFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export class EtcdCluster {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'etcd-'));
  readonly #files: ClusterFiles | undefined;
  readonly #size: number;
  #ports: readonly number[] = [];
  readonly #members: (ChildProcess | undefined)[] = [];

  constructor(size: number, files?: ClusterFiles) {
    this.#size = size;
    this.#files = files;
  }

  get endpoints(): readonly string[] {
    return this.#ports.slice(0, this.#size).map((port) => `${this.#scheme}://127.0.0.1:${port}`);
  }

  get #scheme(): string {
    return this.#files === undefined ? 'http' : 'https';
  }

  /** Starts all members, with other ports if somebody has just taken one. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      this.#ports = await freePorts(this.#size * 2);
      for (let member = 0; member < this.#size; member++) this.startMember(member);
      const ended = this.#members.map((child) => child && once(child, 'exit').then(() => false));
      if (await Promise.race([this.#isServing(), ...ended])) return;
      for (let member = 0; member < this.#size; member++) await this.kill(member);
      for (let member = 0; member < this.#size; member++) rmSync(this.#data(member), { recursive: true, force: true });
      if (attempt === 5) throw new Error('etcd does not start');
    }
  }

  startMember(member: number): void {
    const peer = (each: number) => `http://127.0.0.1:${this.#ports[this.#size + each]}`;
    const client = this.endpoints[member] ?? '';
    const { ca = '', cert = '', key = '' } = this.#files ?? {};
    const tls = ['--client-cert-auth', '--trusted-ca-file', ca, '--cert-file', cert, '--key-file', key];
    const names = Array.from({ length: this.#size }, (_, each) => `m${each}=${peer(each)}`);
    this.#members[member] = spawn(
      'etcd',
      [
        ...['--name', `m${member}`, '--data-dir', this.#data(member), '--initial-cluster', names.join(',')],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer(member), '--initial-advertise-peer-urls', peer(member)],
        ...['--log-level', 'error', '--logger', 'zap'],
        ...(this.#files === undefined ? [] : tls),
      ],
      { stdio: 'ignore' },
    );
  }

  async kill(member: number): Promise<void> {
    const child = this.#members[member];
    this.#members[member] = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    for (let member = 0; member < this.#size; member++) await this.kill(member);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #data(member: number): string {
    return path.join(this.#directory, `m${member}`);
  }

  /** Waits until each member takes connections; requests are repeated by the client anyway. */
  async #isServing(): Promise<boolean> {
    const { connect } = await import('node:net');
    for (const port of this.#ports.slice(0, this.#size))
      for (let isOpen = false; !isOpen; ) {
        if (this.#members.every((child) => child === undefined)) return false;
        isOpen = await new Promise<boolean>((resolve) => {
          const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
          socket.on('connect', () => socket.destroy());
        });
        if (!isOpen) await new Promise((resolve) => setTimeout(resolve, 20));
      }
    return true;
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers: Server[] = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
