/**
 * A house in namespaces of its own, with a real cron and a copy of /etc: what jobctl doctor finds is
 * made true there. Nothing of it is seen outside, and no other cron is seen inside.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, type SpawnOptionsWithoutStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Check } from '../../src/report/text/doctor.ts';
import { ended, type House, repository } from './house.ts';
import { canHaveOwnEtc, OwnEtc } from './own-etc.ts';

const searchPath = `${path.join(repository, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin`;
const hasCron = spawnSync('sh', ['-c', 'command -v cron'], { env: { PATH: searchPath } }).status === 0;
export const noScene = canHaveOwnEtc && hasCron ? false : "needs root, Debian's cron and unshare -m";

export type Person = 'root' | 'service' | 'nobody';

export interface Diagnosis {
  readonly code: number | null;
  readonly checks: readonly Check[];
  /** The only check about this, or the worst one. */
  about(title: string): Check;
}

/** A doctor that hangs must not hang the tests. */
const bounds = { timeout: 120_000, killSignal: 'SIGKILL' } as const;

const script = `
  set -e
  mount --bind "$1" /etc
  mount --bind "$2" /var/spool/cron/crontabs
  mount -t tmpfs none /run
  echo ready
  exec perl -e '$SIG{CHLD} = "IGNORE"; sleep 100000 while 1'`;

export class Scene {
  readonly etc: OwnEtc;
  readonly #house: House;
  readonly #etcDirectory: string;
  #keeper: ChildProcess | undefined;
  /** The first process in the namespaces; with it all others there end. */
  #first = '';

  constructor(house: House) {
    this.#house = house;
    this.#etcDirectory = house.path('own-etc');
    this.etc = new OwnEtc(this.#etcDirectory);
    this.etc.copy('process-control.yaml', house.configFile);
    mkdirSync(house.path('spool'));
  }

  async open(): Promise<void> {
    const keeper = spawn(
      'unshare',
      [
        ...['-m', '-p', '-f', '--mount-proc', '--kill-child=KILL'],
        'sh',
        '-c',
        script,
        'sh',
        this.#etcDirectory,
        this.#house.path('spool'),
      ],
      { env: { PATH: searchPath }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#keeper = keeper;
    await once(keeper.stdout ?? assert.fail(), 'data');
    this.#first = readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, 'utf8').trim();
  }

  /** The words that run a command in the namespace as somebody. */
  words(person: Person, command: readonly string[]): readonly string[] {
    const { uid, gid } = this.#house.service;
    const ids = { service: [uid, gid], nobody: [65534, 65534], root: [0, 0] }[person];
    const become = ['setpriv', `--reuid=${ids[0]}`, `--regid=${ids[1]}`, '--init-groups', '--'];
    return ['nsenter', '-t', this.#first, '-m', '-p', ...(person === 'root' ? [] : become), ...command];
  }

  /** A shell command of root's in the namespace; `sudo` in front of one is for people. */
  sh(command: string): string {
    const [file = '', ...args] = this.words('root', ['sh', '-c', command.replace(/^sudo /, '')]);
    return execFileSync(file, args, { encoding: 'utf8', env: { PATH: searchPath }, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Carries out every command of the advice, as it stands. */
  obey({ advice = [] }: Check): void {
    const commands = advice.flatMap(({ run }) => run);
    assert.ok(commands.length > 0, 'there is something to type');
    for (const command of commands) this.sh(command);
  }

  startCron(environment = ''): void {
    this.sh(`rm -f /run/crond.pid; ${environment} cron && until [ -s /run/crond.pid ]; do sleep 0.02; done`);
  }

  stopCron(): void {
    this.sh('p=$(cat /run/crond.pid) && kill -KILL $p && while kill -0 $p 2>/dev/null; do sleep 0.02; done');
  }

  async doctor(person: Person = 'root', args: readonly string[] = []): Promise<Diagnosis> {
    const { code, stdout, stderr } = await this.run(person, ['--json', ...args]);
    assert.equal(stderr, '');
    const checks = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Check);
    const about = (title: string) => {
      const found = checks.filter((check) => check.about === title);
      const worst = (['problem', 'warning', 'unknown', 'ok'] as const).flatMap((is) =>
        found.filter((check) => check.is === is),
      );
      return worst[0] ?? assert.fail(`nothing about ${title}: ${stdout}`);
    };
    return { code, checks, about };
  }

  run(person: Person, args: readonly string[], options: SpawnOptionsWithoutStdio = {}) {
    const [file = '', ...words] = this.words(person, ['jobctl', 'doctor', ...args]);
    return ended(spawn(file, words, { cwd: '/', env: { PATH: searchPath, HOME: '/' }, ...bounds, ...options }));
  }

  async close(): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    const gone = once(keeper, 'exit');
    process.kill(Number(this.#first), 'SIGKILL');
    await gone;
  }
}
