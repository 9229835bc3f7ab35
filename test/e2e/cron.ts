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
const clock = (speed: number) =>
  hasFakeTime ? ['LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1', `FAKETIME=+0 x${speed}`] : [];
export const patienceMs = hasFakeTime ? 60_000 : 150_000;

export class CronHouse {
  readonly #cron: ChildProcess;
  readonly #house: House;

  /** Resolves when the namespace is there; cron itself waits for `start`. `speed`: how many of its minutes a minute has. */
  static async open(house: House, { speed = 60 }: { readonly speed?: number } = {}): Promise<CronHouse> {
    for (const name of ['cron.d', 'spool']) mkdirSync(house.path(name), { recursive: true });
    writeFileSync(house.path('crontab'), '');
    const script = `
      mount --bind ${house.path('cron.d')} /etc/cron.d &&
      mount --bind ${house.path('spool')} /var/spool/cron/crontabs &&
      mount --bind ${house.path('crontab')} /etc/crontab &&
      mount -t tmpfs none /run &&
      echo ready && read -r go && exec env "$@" cron -f`;
    const cron = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', ...clock(speed)], {
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

  start(): void {
    this.#cron.stdin?.write('go\n');
  }

  /** A program of ours as root, seeing what cron sees. */
  inside(program: string, args: readonly string[]): SpawnSyncReturns<string> {
    const command = [path.join(repository, 'bin', program), '--config', this.#house.configFile, ...args];
    const env = { PATH: searchPath, CACHE_DIRECTORY: this.#house.path('cache') };
    return spawnSync('nsenter', ['-t', String(this.#cron.pid), '-m', ...command], { encoding: 'utf8', env });
  }

  /** To cron itself. */
  signal(signal: NodeJS.Signals): void {
    this.#cron.kill(signal);
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#cron.once('exit', resolve));
    this.#cron.kill('SIGKILL');
    await gone;
  }
}
