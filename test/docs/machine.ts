/**
 * Machines for the pages of the documentation: the programs of this machine, seen through an overlay,
 * in namespaces for mounts, processes, the network and the host name. When a machine is closed, its
 * changes to /etc, /usr and /var and all its processes are gone.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { isRoot, repository } from '../cli/house.ts';
import type { SceneName } from './page.ts';

const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const environment = { PATH: searchPath, LC_ALL: 'C.UTF-8', TZ: 'UTC' };

/** The width of the terminal, for pages that do not ask for another one. */
export const usualColumns = 200;

/** Creates the users of the pages and removes what this machine has of process-control. */
const prepare = `
  set -e
  rm -rf /etc/process-control* /var/lib/process-control* /var/log/process-control* /var/cache/process-control* /etc/cron.d/* /etc/sudoers.d/* /home/*
  : >/etc/crontab
  for user in alice process-control; do ! getent passwd $user >/dev/null || userdel $user; done
  useradd --create-home --shell /bin/bash alice
  (umask 226; echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice)
  echo 127.0.0.1 localhost shop >/etc/hosts
  mkdir -p /var/mail && chmod 1777 /var/mail
  install -m 755 ${repository}/test/fixtures/programs/mail-to-file /usr/sbin/sendmail`;

/**
 * Starts a cron that is alive but whose clock almost stands still, so that the output of a page does
 * not depend on the time of day. `until: cron` replaces it by a cron with ticks.
 */
export const standingCron = `LD_PRELOAD='/usr/$LIB/faketime/libfaketime.so.1' FAKETIME='+0 x0.00001' DONT_FAKE_MONOTONIC=1 cron`;

/**
 * Mounts an overlay of $1 (for changes) over $2, with /proc, /dev and /run, and runs the remaining
 * arguments in it. $3 is the repository.
 */
const enter = `
  set -e
  changes=$1 lower=$2 repository=$3
  shift 3
  mkdir -p $changes/upper $changes/work $changes/root $changes/checkout-upper $changes/checkout-work
  mount -t overlay overlay -o lowerdir=$lower,upperdir=$changes/upper,workdir=$changes/work $changes/root
  cd $changes/root
  # Brings up the page's own loopback, so no other test can take its ports. SIOCSIFFLAGS, IFF_UP.
  perl -e 'my $up = pack("a16 s x22", "lo", 1); socket(my $any, 2, 2, 0) or die; ioctl($any, 0x8914, $up) or die "lo: $!"'
  mount -t proc proc proc
  mount --rbind /dev dev
  mount -t tmpfs -o mode=755 none run
  hostname shop
  if [ -d home/alice ]; then
    mount -t tmpfs -o mode=1777 none tmp
    mkdir -p home/alice/process-control
    mount -t overlay overlay -o lowerdir=$repository,upperdir=$changes/checkout-upper,workdir=$changes/checkout-work home/alice/process-control
  fi
  exec chroot . "$@"`;

const inNamespaces = ['unshare', '-m', '-n', '-p', '-u', '--propagation', 'private', '--fork', '--kill-child'];

/** The reason why this host can have no such machine, or false. */
export const noMachine = ((): string | false => {
  if (!isRoot) return 'needs root';
  for (const program of ['unshare', 'sudo', 'script', 'make', 'cron']) {
    if (spawnSync('sh', ['-c', `command -v ${program}`], { env: environment }).status !== 0) return `needs ${program}`;
  }
  if (spawnSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1']).status !== 0) return 'needs libfaketime';
  const tried = spawnSync(
    'unshare',
    [
      '-m',
      'sh',
      '-c',
      'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay o -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m',
    ],
    { env: environment, encoding: 'utf8' },
  );
  return tried.status === 0 ? false : `needs unshare -m and overlay mounts: ${tried.stderr.trim()}`;
})();

/** The layers that all machines share, made once, in a tmpfs of a mount namespace of their own. */
export class Machines {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'pages-'));
  readonly #holder: ChildProcess;
  #count = 0;

  static async make(): Promise<Machines> {
    const machines = new Machines();
    await new Promise((resolve) => machines.#holder.stdout?.once('data', resolve));
    try {
      await machines.#install();
    } catch (error) {
      await machines.close();
      throw error;
    }
    return machines;
  }

  async #install(): Promise<void> {
    await this.#layer('people', ['/'], prepare);
    const install = `cd /home/alice/process-control && make --silent PREFIX=/usr NODE=${process.execPath} install`;
    await this.#layer('installed', this.#lower('checkout'), install);
  }

  private constructor() {
    const script = `mount -t tmpfs -o mode=755 none ${this.#directory} && echo ready && exec cat`;
    this.#holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', script], {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  }

  /** A new machine with a shell for alice at a terminal. The bash around it is process 1 and reaps orphans. */
  open(scene: SceneName): Shell {
    this.#count += 1;
    const home = scene === 'checkout' ? '/home/alice/process-control' : '/home/alice';
    // A boot would make the service user's directory below /run, and start cron.
    const boot =
      scene === 'installed'
        ? `install -d -m 755 -o process-control -g process-control /run/process-control && ${standingCron}`
        : 'true';
    const shell = `stty cols ${usualColumns} -echo; code=0; while IFS= read -r -d "" -u 3 command; do (exit $code); eval "$command" 3<&-; code=$?; printf "\\036%s\\036" $code; done`;
    const login = `${boot}; cd ${home} && runuser -u alice -- env -i HOME=/home/alice USER=alice LOGNAME=alice SHELL=/bin/bash TERM=dumb NO_COLOR=1 CI=1 npm_config_update_notifier=false \\
      LC_ALL=C.UTF-8 TZ=UTC PATH=${searchPath} script -q -e -c '${shell}' /dev/null`;
    return new Shell(this.#inside(`page-${this.#count}`, this.#lower(scene), login));
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#holder.once('exit', resolve));
    this.#holder.stdin?.end();
    await gone;
    rmSync(this.#directory, { recursive: true });
  }

  #lower(scene: SceneName): readonly string[] {
    const layers = scene === 'installed' ? ['installed', 'people'] : ['people'];
    return [...layers.map((name) => path.join(this.#directory, name, 'upper')), '/'];
  }

  async #layer(name: string, lower: readonly string[], script: string): Promise<void> {
    const child = this.#inside(name, lower, script);
    let words = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (words += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    if (code !== 0) throw new Error(`the machine for the pages could not be made (${name}):\n${words}`);
  }

  #inside(name: string, lower: readonly string[], script: string): ChildProcess {
    const changes = path.join(this.#directory, name);
    const command = [
      'nsenter',
      '-t',
      String(this.#holder.pid),
      '-m',
      ...inNamespaces,
      'sh',
      '-c',
      enter,
      'sh',
      changes,
      lower.join(':'),
      repository,
    ];
    const [file = '', ...rest] = [...command, 'bash', '--norc', '-c', script];
    return spawn(file, rest, { cwd: '/', env: environment, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  }
}

export interface Answer {
  readonly output: string;
  readonly code: number;
}

/** Shell that keeps its directory and variables from command to command. */
export class Shell {
  readonly #child: ChildProcess;
  #printed = '';
  #wake: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    const hear = (text: string) => {
      this.#printed += text;
      this.#wake();
    };
    for (const stream of [child.stdout, child.stderr]) (stream as Readable).setEncoding('utf8').on('data', hear);
    child.once('close', () => hear('\u001e255\u001e'));
  }

  /** Output of both streams in order, and the exit code. Throws if the command takes too long. */
  async run(command: string, limitSeconds = 300): Promise<Answer> {
    this.#printed = '';
    (this.#child.stdio[3] as NodeJS.WritableStream).write(`${command}\0`);
    const endMs = Date.now() + limitSeconds * 1000;
    for (;;) {
      const ended = /\u001e(\d+)\u001e/.exec(this.#printed);
      if (ended !== null)
        return { output: this.#printed.slice(0, ended.index).replaceAll('\r', ''), code: Number(ended[1]) };
      const leftMs = endMs - Date.now();
      if (leftMs <= 0)
        throw new Error(`"${command}" has not ended after ${limitSeconds} s; it printed:\n${this.#printed}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await gone;
    }
  }
}
