/**
 * One host of the lab: namespaces of its own for network, mounts, host name and processes. The
 * first process of it is its power: when that is killed, the kernel kills all others at once.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { listProcesses } from '../../../src/system/process/proc.ts';
import { until } from '../../waiting.ts';

/**
 * It reaps what loses its parent, as the first process of a machine does, and ends with the test,
 * which holds its input open.
 */
const init =
  'hostname "$1"; mount --bind "$2" /proc/sys/kernel/random/boot_id; exec 3<&0; echo up; cat <&3 >/dev/null & wait $!';

export class Machine {
  readonly name: string;
  readonly #on: readonly string[];
  readonly #bootFile: string;
  #power: ChildProcess | undefined;
  #init: number | undefined;

  /** `on`: the words that start a command in its network. */
  constructor(name: string, { on, bootFile }: { readonly on: readonly string[]; readonly bootFile: string }) {
    this.name = name;
    this.#on = on;
    this.#bootFile = bootFile;
  }

  get isUp(): boolean {
    return this.#init !== undefined;
  }

  async boot(): Promise<void> {
    writeFileSync(this.#bootFile, `${randomUUID()}\n`, { mode: 0o644 });
    const namespaces = ['unshare', '--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const [file = '', ...words] = [...this.#on, ...namespaces, 'sh', '-c', init, 'sh', this.name, this.#bootFile];
    const power = spawn(file, words, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#power = power;
    await once(power.stdout ?? power, 'data');
    power.stdout?.destroy();
    this.#init = await until(`the first process of ${this.name}`, () => firstChild(power.pid ?? 0));
  }

  /** The words that start a command on it, as root. */
  under(): readonly string[] {
    if (this.#init === undefined) throw new Error(`${this.name} is off`);
    return ['nsenter', `--target=${this.#init}`, '--mount', '--uts', '--net', '--pid', '--'];
  }

  /**
   * The words that start a command as cron does, whose parent does not wait for it. An nsenter that
   * waits is stopped together with its command, and would not go on with it.
   */
  apart(): readonly string[] {
    return [...this.under(), 'setsid', '--fork'];
  }

  /** Kills all its processes at once, as a loss of power does. */
  async cutPower(): Promise<void> {
    const [power, first] = [this.#power, this.#init];
    this.#power = undefined;
    this.#init = undefined;
    if (power === undefined || first === undefined) return;
    const exit = once(power, 'exit');
    process.kill(first, 'SIGKILL');
    await exit;
  }

  /** Stops or continues all its processes: the reapers too. */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of this.pids()) signalOne(pid, signal);
  }

  /** The ids, as seen from outside, of its processes except the first one. */
  pids(): readonly number[] {
    if (this.#init === undefined) return [];
    const own = namespaceOf(this.#init);
    return listProcesses()
      .map(({ pid }) => pid)
      .filter((pid) => pid !== this.#init && namespaceOf(pid) === own);
  }

  /** The host name as its programs see it. */
  hostName(): string {
    const [file = '', ...words] = [...this.under(), 'hostname'];
    return execFileSync(file, words, { encoding: 'utf8' }).trim();
  }
}

export function signalOne(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    // It has ended by itself.
    return false;
  }
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function firstChild(pid: number): number | undefined {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return child ? Number(child) : undefined;
}
