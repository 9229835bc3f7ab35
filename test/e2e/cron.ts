/** Debian's cron itself, in a mount namespace where the directories that it reads are the test's, with a clock sixty times as fast. */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type House, isRoot, repository } from '../cli/house.ts';

const searchPath = '/usr/sbin:/usr/bin:/sbin:/bin';
const succeeds = (command: string) => spawnSync('sh', ['-c', command], { env: { PATH: searchPath } }).status === 0;
const hasCron = isRoot && succeeds('command -v cron && unshare -m true && test -d /var/spool/cron/crontabs');

/** Why tests with a real cron are left out, or false. */
export const noCron = hasCron ? false : "needs root, Debian's cron and unshare -m";

/** Without libfaketime a minute takes a minute. Jobs themselves live in real time: cron gives them an environment of its own. */
const hasFakeTime = succeeds('ls /usr/lib/*/faketime/libfaketime.so.1');
const preload = 'LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1';
export const noFakeTime = noCron || (hasFakeTime ? false : 'needs libfaketime');

/**
 * Written into a house as its runner (`runner: clockedRunner`): starts run-job at the time that it is for cron, of which cron tells its children
 * nothing. That clock then goes on as fast as the real one. Each start is noted with its arguments in `asked`.
 */
export const clockedRunner = 'run-job-at-the-time-of-cron';

function writeClockedRunner(house: House, aheadSeconds: number): void {
  const script = `#!/bin/sh
    echo "$*" >>${house.path('log/asked')}
    # Field 22 is when cron forked this process: how long a busy machine took to come here is nothing to cron.
    ahead=$(awk -v start="$(cat ${house.path('cron-started')})" '{ printf "%.3f", ${aheadSeconds} + ($22 / 100 - start) * 59 }' /proc/$$/stat)
    exec env '${preload}' FAKETIME="+$ahead" DONT_FAKE_MONOTONIC=1 ${path.join(repository, 'bin/run-job')} "$@"
`;
  writeFileSync(house.path(clockedRunner), script, { mode: 0o755 });
}
export const patienceMs = hasFakeTime ? 120_000 : 150_000;

export class CronHouse {
  readonly #cron: ChildProcess;
  readonly #house: House;

  /**
   * Resolves when the namespace is there; cron itself waits for `start`. Its clock is `aheadSeconds` ahead, `speed` of its minutes are one of ours, and each
   * namespace has been booted just now. `environment` is cron's own, and `localtime` is bound over the data of the machine's zone.
   */
  static async open(
    house: House,
    {
      aheadSeconds = 0,
      speed = 60,
      environment = [],
      clock = [preload, `FAKETIME=+${aheadSeconds} x${speed}`],
      localtime,
    }: {
      readonly aheadSeconds?: number;
      readonly speed?: number;
      readonly environment?: readonly string[];
      /** What gives cron another clock. */
      readonly clock?: readonly string[];
      readonly localtime?: string;
    } = {},
  ): Promise<CronHouse> {
    const words = [...environment, ...(hasFakeTime ? clock : [])];
    writeClockedRunner(house, aheadSeconds);
    for (const name of ['cron.d', 'spool']) mkdirSync(house.path(name), { recursive: true });
    writeFileSync(house.path('crontab'), '');
    const script = `
      mount --bind ${house.path('cron.d')} /etc/cron.d &&
      mount --bind ${house.path('spool')} /var/spool/cron/crontabs &&
      mount --bind ${house.path('crontab')} /etc/crontab &&
      mount -t tmpfs none /run &&
      ${localtime === undefined ? '' : `mount --bind ${localtime} /etc/localtime &&`}
      echo ready && read -r go && cut -d ' ' -f 1 /proc/uptime >${house.path('cron-started')} && exec env "$@" cron -f`;
    const cron = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', ...words], {
      env: { PATH: searchPath },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => cron.stdout?.once('data', resolve));
    return new CronHouse(house, cron);
  }

  private constructor(house: House, cron: ChildProcess) {
    this.#house = house;
    this.#cron = cron;
  }

  /** Words before a command that is to see what cron sees. */
  get namespace(): readonly string[] {
    return ['nsenter', '-t', String(this.#cron.pid), '-m'];
  }

  start(): void {
    this.#cron.stdin?.write('go\n');
  }

  /** A program of ours as root, seeing what cron sees. */
  inside(program: string, args: readonly string[]): SpawnSyncReturns<string> {
    const command = [path.join(repository, 'bin', program), '--config', this.#house.configFile, ...args];
    const env = { PATH: searchPath, CACHE_DIRECTORY: this.#house.path('cache') };
    const [file = '', ...words] = [...this.namespace, ...command];
    return spawnSync(file, words, { encoding: 'utf8', env });
  }

  /** To cron itself. */
  signal(signal: NodeJS.Signals): void {
    this.#cron.kill(signal);
  }

  async close(): Promise<void> {
    if (this.#cron.exitCode !== null || this.#cron.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#cron.once('exit', resolve));
    this.#cron.kill('SIGKILL');
    await gone;
  }
}
