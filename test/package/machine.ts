/**
 * A host to install packages on: this host below an overlay that keeps every change in memory, with
 * its own processes. When it is closed, or the test dies, its processes end and its changes are
 * gone. The host below is never changed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

export const repository = path.resolve(import.meta.dirname, '../../..');

const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8')) as { version: string };

export { version };

const release = path.join(repository, 'release');
/** The directory with the files of `npm run package`. */
export const packageFile = path.join(release, `process-control_${version}_all.deb`);
/** The second package, with the page for browsers. */
export const webPackageFile = path.join(release, `process-control-web_${version}_all.deb`);
const named = (ending: string) => path.join(release, `process-control-${version}.${ending}`);
/** The tarball is the second. */
export const releaseFiles = [packageFile, named('tar.gz'), named('cdx.json'), webPackageFile];

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The directory that contains only the changes, without files of the host below. */
const changes = '/run/machine-changes';

/**
 * Mounts the overlay in memory, because it can't be made below another overlay, as in containers.
 * PID 1 adopts orphans.
 */
const start = `
  mount -t tmpfs -o mode=755 machine /mnt && cd /mnt && mkdir upper work root &&
  mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work machine root &&
  mount -t proc proc root/proc && mount --rbind /dev root/dev && mount -t tmpfs -o mode=755 run root/run &&
  mkdir -m 1777 root/run/lock && mkdir -p root${changes} && mount --bind upper root${changes} &&
  exec chroot root /usr/bin/perl -e '$SIG{CHLD} = "IGNORE"; $| = 1; print "ready\\n"; <STDIN>'`;

function missing(): string | false {
  if (process.geteuid?.() !== 0) return 'needs root';
  for (const tool of ['unshare', 'nsenter', 'perl', 'dpkg-deb', 'apt-get', 'cron']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`], { env: { PATH: searchPath } }).status !== 0)
      return `needs ${tool}`;
  }
  const tried = spawnSync('unshare', ['-m', '-p', '-f', 'sh', '-c', start], {
    input: '',
    encoding: 'utf8',
    env: { PATH: searchPath },
  });
  return tried.stdout === 'ready\n' ? false : `an overlay of this machine can't be made: ${tried.stderr.trim()}`;
}

const why = missing();
// In CI, where every test must run, a skipped test is a failure.
if (why !== false && process.env.PACKAGE_TESTS === 'required')
  throw new Error(`the package can't be tested here: ${why}`);
if (why === false && !existsSync(packageFile)) throw new Error(`there is no ${packageFile}: npm run package`);

/** The reason why a package can't be installed on a copy of this host, or false. */
export const noMachine = why;

/** The reason why tests that use this program are skipped, or false. */
export function requires(program: string): string | false {
  const found = spawnSync('sh', ['-c', `command -v ${program}`], { env: { PATH: searchPath } }).status === 0;
  if (!found && process.env.PACKAGE_TESTS === 'required') throw new Error(`the package's tests need ${program}`);
  return found ? false : `needs ${program}`;
}

export interface Answer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, for messages about failures. */
  readonly said: string;
}

export class Machine {
  readonly #init: ChildProcess;
  readonly #pid: string;

  static async boot(): Promise<Machine> {
    const init = spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', start], {
      env: { PATH: searchPath },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => init.stdout?.once('data', resolve));
    const [pid = ''] = readFileSync(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8').split(' ');
    const machine = new Machine(init, pid);
    // What the machine below has of ours, an index of manual pages that takes longer than all else,
    // and programs that would act when something is installed.
    machine.sh(
      'dpkg --purge process-control-web process-control; userdel process-control; userdel process-control-web',
    );
    machine.must('rm -rf /etc/process-control* /var/*/process-control*; rm -f /etc/cron.d/*process-control*');
    machine.must(
      'rm -f /var/lib/man-db/auto-update; printf "#!/bin/sh\\nexit 101\\n" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d',
    );
    return machine;
  }

  private constructor(init: ChildProcess, pid: string) {
    this.#init = init;
    this.#pid = pid;
  }

  /** A command line as root. */
  sh(command: string, input = ''): Answer {
    const { status, stdout, stderr } = spawnSync('nsenter', this.#inside(command), {
      input,
      encoding: 'utf8',
      env: { PATH: searchPath, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8', HOME: '/root' },
    });
    return { code: status, stdout, stderr, said: stdout + stderr };
  }

  /** The output of a command line as root that must succeed. */
  must(command: string, input = ''): string {
    const { code, stdout, said } = this.sh(command, input);
    if (code !== 0) throw new Error(`${command}\nexit code ${code}\n${said}`);
    return stdout;
  }

  /** Starts a command line that runs beside the test. */
  begin(command: string): ChildProcess {
    return spawn('nsenter', this.#inside(command), { env: { PATH: searchPath }, stdio: 'ignore' });
  }

  /** Writes a file that every user can read. */
  write(file: string, text: string, mode = '644'): void {
    this.must(`mkdir -p "$(dirname ${file})" && cat >${file} && chmod ${mode} ${file}`, text);
  }

  read(file: string): string {
    return this.must(`cat ${file}`);
  }

  has(file: string): boolean {
    return this.sh(`test -e ${file}`).code === 0;
  }

  /**
   * The new paths below these directories whose name contains this word. The overlay marks a
   * removed path by a character device.
   */
  made(name: string, ...directories: readonly string[]): readonly string[] {
    const places = directories.map((directory) => `${changes}${directory}`).join(' ');
    const found = this.must(
      `find ${places} /run -path ${changes} -prune -o -name '*${name}*' ! -type c -print 2>/dev/null || true`,
    );
    return found
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (line.startsWith(changes) ? line.slice(changes.length) : line));
  }

  install(file: string, ...options: readonly string[]): string {
    return this.must(`apt-get install -y --no-install-recommends --allow-downgrades ${options.join(' ')} ${file} 2>&1`);
  }

  /**
   * The package with another version, changed by a command line that runs in its unpacked files.
   */
  remake(nextVersion: string, change: string): string {
    const next = `/root/process-control_${nextVersion}_all.deb`;
    this.must(`rm -rf /root/next && dpkg-deb -R ${packageFile} /root/next && cd /root/next &&
      sed -i 's/^Version: .*/Version: ${nextVersion}/' DEBIAN/control && { ${change}; } &&
      dpkg-deb -Zgzip --root-owner-group -b . ${next}`);
    return next;
  }

  /**
   * Starts the real cron, with libfaketime on a clock that runs sixty times as fast. Jobs have the
   * real time.
   */
  startCron(): void {
    const [library] = this.sh('ls /usr/lib/*/faketime/libfaketime.so.1').stdout.split('\n');
    const clock = library ? `env LD_PRELOAD=${library} FAKETIME='+0 x60' ` : '';
    this.must(`${clock}cron`);
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#init.once('exit', resolve));
    this.#init.stdin?.end();
    await gone;
  }

  #inside(command: string): readonly string[] {
    return ['--target', this.#pid, '--mount', '--pid', '--root', `--wd=/proc/${this.#pid}/root`, 'sh', '-c', command];
  }
}

/**
 * Polls for the work of other processes. The limit is generous, because cron may need a real
 * minute.
 */
export async function until(what: string, look: () => boolean, limitMs = 180_000): Promise<void> {
  const endMs = Date.now() + limitMs;
  while (!look()) {
    if (Date.now() > endMs) throw new Error(`waited ${limitMs / 1000} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
