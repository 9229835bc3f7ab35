/**
 * A whole installation in a directory of its own, for tests of the real programs.
 * As root it is what a machine has: configuration and jobs root's, everything else the service user's. As anybody else it is the caller's own.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

export { until } from '../waiting.ts';

export const isRoot = process.getuid?.() === 0;

/** The repository: tests run from build/test/cli. */
export const repository = path.resolve(import.meta.dirname, '../../..');

const serviceName = 'pc-test';
const serviceHome = '/var/lib/pc-test-home';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HouseOptions {
  /** More lines of the configuration file. */
  readonly config?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the crontab goes; beside the configuration unless given. */
  readonly crontab?: string;
  /** What the crontab starts instead of run-job, below the house's directory. */
  readonly runner?: string;
}

export interface Service {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Made once on a machine where tests run as root; a system user without a password. */
export function serviceUser(): Service {
  if (!isRoot) return { ...userInfo(), home: os.homedir() };
  const isKnown = () => spawnSync('getent', ['passwd', serviceName]).status === 0;
  if (!isKnown() || !existsSync(serviceHome)) {
    // Of test files that begin at the same time, also of two suites, one makes the user; the others wait until it is whole.
    const make = `exec 9</var/lib; flock 9; getent passwd ${serviceName} >/dev/null || exec useradd "$@"`;
    const options = ['--system', '--home-dir', serviceHome, '--create-home', '--shell', '/bin/sh', serviceName];
    const made = spawnSync('sh', ['-c', make, 'sh', ...options], { encoding: 'utf8' });
    if (!isKnown()) throw new Error(made.stderr);
  }
  const [name = '', , uid, gid, , home = ''] = execFileSync('getent', ['passwd', serviceName], {
    encoding: 'utf8',
  }).split(':');
  return { name, uid: Number(uid), gid: Number(gid), home };
}

function userInfo() {
  const { username: name, uid, gid } = os.userInfo();
  return { name, uid, gid };
}

export class House {
  readonly directory: string;
  readonly service = serviceUser();
  readonly configFile: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #children: ChildProcess[] = [];

  constructor(jobs: Readonly<Record<string, string>>, options: HouseOptions = {}) {
    // Below a directory that only root, or only this user, can write: the trust rules refuse /tmp.
    this.directory = mkdtempSync(path.join(isRoot ? '/var/lib' : os.homedir(), '.pc-test-'));
    execFileSync('chmod', ['755', this.directory]);
    for (const name of ['jobs', 'etc']) mkdirSync(this.path(name), { mode: 0o755 });
    for (const name of ['run', 'state', 'log']) {
      mkdirSync(this.path(name), { mode: 0o755 });
      chownSync(this.path(name), this.service.uid, this.service.gid);
    }
    this.configFile = this.path('etc/process-control.yaml');
    this.#environment = options.environment ?? {};
    const lines = [
      `user: ${this.service.name}`,
      `job_directory: ${this.path('jobs')}`,
      `run_directory: ${this.path('run')}`,
      `state_directory: ${this.path('state')}`,
      `output_directory: ${this.path('log')}`,
      `output_crontab: ${options.crontab ?? this.path('etc/crontab')}`,
      `runner_path: ${options.runner === undefined ? path.join(repository, 'bin/run-job') : this.path(options.runner)}`,
      options.config ?? '',
    ];
    writeFileSync(this.configFile, `${lines.join('\n')}\n`, { mode: 0o644 });
    for (const [slug, text] of Object.entries(jobs)) this.job(slug, text);
  }

  path(name: string): string {
    return path.join(this.directory, name);
  }

  job(slug: string, text: string): void {
    writeFileSync(this.path(`jobs/${slug}.yaml`), text, { mode: 0o644 });
  }

  /** As the service user; `as: 'root'` keeps the rights of the test. */
  spawn(
    program: string,
    args: readonly string[],
    { as = 'service', environment = {}, under = [], stdin = 'ignore', cwd = '/', outer = [], from }: SpawnOptions = {},
  ): ChildProcess {
    const drop = isRoot && as === 'service';
    const identity = [`--reuid=${this.service.uid}`, `--regid=${this.service.gid}`, '--init-groups', '--'];
    const command = drop ? ['setpriv', ...identity] : [];
    const [file = '', ...rest] = [
      ...outer,
      ...command,
      ...under,
      path.join(from ?? path.join(repository, 'bin'), program),
      ...args,
    ];
    const child = spawn(file, rest, {
      cwd,
      env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_CONFIG: this.configFile, ...this.#environment, ...environment },
      stdio: [stdin, 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  async run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
    return ended(this.spawn(program, args, options));
  }

  /** The text of the latest log of a job. */
  log(slug: string): string {
    return readFileSync(this.path(`log/${slug}/latest.log`), 'utf8');
  }

  logs(slug: string): readonly string[] {
    return readdirSync(this.path(`log/${slug}`)).filter((name) => name !== 'latest.log');
  }

  /** Its logs, so that the next one is the only one. */
  forget(slug: string): void {
    rmSync(this.path(`log/${slug}`), { recursive: true, force: true });
  }

  remove(): void {
    for (const child of this.#children) endAtOnce(child);
    removeTree(this.directory);
    if (!isRoot) return;
    // What cron-generate, as root, remembers of the house's job files lies outside of it.
    const name = `${this.directory.replace(/[^\w-]/g, '_')}_`;
    for (const kept of ['/var/cache/process-control-generate', '/var/cache/process-control-jobs']) {
      const files = existsSync(kept) ? readdirSync(kept).filter((file) => file.includes(name)) : [];
      for (const file of files) rmSync(path.join(kept, file), { force: true });
    }
  }

  /** The file in which cron-generate, as root, keeps the contents of the job files for listings. */
  get keptContents(): string {
    return path.join('/var/cache/process-control-jobs', `contents${this.path('jobs').replace(/[^\w-]/g, '_')}`);
  }
}

/**
 * Kills a child that a failed test has left, and lets go of its pipes: a program below it, such as one under strace, may hold them
 * open, and the test's file would not end.
 */
export function endAtOnce(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
  child.unref();
}

/** Removes a directory in which a run that the test did not wait for may still be writing its last lines; what it makes meanwhile goes too. */
export function removeTree(directory: string): void {
  for (const endMs = Date.now() + 60_000; ; ) {
    try {
      rmSync(directory, { recursive: true, force: true });
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' || Date.now() > endMs) throw error;
    }
  }
}

interface SpawnOptions {
  readonly as?: 'service' | 'root';
  readonly environment?: Readonly<Record<string, string>>;
  /** Words before the program's: strace and its options. */
  readonly under?: readonly string[];
  readonly stdin?: 'ignore' | 'pipe';
  readonly cwd?: string;
  /** Words before all others, as root. */
  readonly outer?: readonly string[];
  /** The directory of another installation's programs. */
  readonly from?: string;
}

export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}
