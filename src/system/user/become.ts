/**
 * Root becomes the service user by running this program again, before anything but the
 * configuration is read. Every job can control a process of the service user, because one may trace
 * the other. So that process has nothing of root's, and root's process stays and copies its output.
 *
 *     root's terminal, pipes and files == run-job (root) == two pipes == setpriv -> run-job (service user)
 *
 * The new process has a session without a terminal, stdin from /dev/null, no other descriptor than
 * the pipes, the directory `/`, an empty session keyring, no priority that only root can give, and
 * a fresh environment made from a list of names.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fchownSync, readFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';
import { isatty } from 'node:tty';
import { type Harmless, openRelay } from '../pipe/relay.ts';
import { isExecutable } from '../program/executable.ts';
import { ownCommand, ownEnvironment } from '../program/own-program.ts';
import type { User } from '../types/user.ts';

/** The program of util-linux, by an absolute path, because PATH is the caller's. */
const setpriv = '/usr/bin/setpriv';
const perl = '/usr/bin/perl';

const { ENOSYS, EPERM } = os.constants.errno;

/**
 * A Perl program that gives up the priorities of root's process, joins a new session keyring
 * (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING) and becomes the program in its arguments. A kernel
 * without keyrings answers ENOSYS and a container that forbids them EPERM; then the new process
 * can't reach one either. A priority that a container does not allow to lower was not given by it.
 */
const leaveRoot = [
  'my ($keyctl, $scheduler, $io) = map { $_ + 0 } splice @ARGV, 0, 3;',
  // A real-time policy (FIFO, RR) keeps a processor to itself; it becomes SCHED_OTHER.
  'my $policy = 0xff & syscall $scheduler + 1, 0;',
  'my $lowest = pack "l!", 0;',
  'syscall $scheduler, 0, 0, $lowest if $policy == 1 || $policy == 2;',
  'setpriority 0, 0, 0 if getpriority(0, 0) < 0;',
  // IOPRIO_WHO_PROCESS; class 1 is the real-time one, class 0 none of its own.
  'syscall $io, 1, 0, 0 if syscall($io + 1, 1, 0) >> 13 == 1;',
  'if (open my $score, "+<", "/proc/self/oom_score_adj") { <$score> < 0 && syswrite $score, "0" }',
  `syscall($keyctl, 1, 0) >= 0 || $! == ${ENOSYS} || $! == ${EPERM} || die "run-job: new session keyring: $!\n";`,
  'delete $ENV{PERL_BADLANG};',
  // bin/run-job does the same, for the time until Node has a handler.
  '$SIG{USR1} = "IGNORE";',
  'exec { $ARGV[0] } @ARGV or die "run-job: $ARGV[0]: $!\n"',
].join(' ');

/**
 * The numbers of keyctl, sched_setscheduler and ioprio_set; their getters have the next numbers
 * (Linux: asm/unistd.h of each architecture).
 */
const systemCalls: Readonly<Record<string, readonly number[]>> = {
  x64: [250, 144, 251],
  ia32: [288, 156, 289],
  arm: [311, 156, 314],
  arm64: [219, 119, 30],
  riscv64: [219, 119, 30],
  loong64: [219, 119, 30],
  ppc64: [271, 156, 273],
  s390x: [280, 156, 282],
};

/**
 * The signals that a terminal sends to its foreground processes, here to the child's process group.
 */
const fromTerminal = ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const;

/** The variable that gives the caller of root's process to the new process, for the record. */
export const callerVariable = 'PROCESS_CONTROL_CALLER';

/** The variable that gives the pid of root's process, so that the new process notices its end. */
const parentVariable = 'PROCESS_CONTROL_PARENT';

/**
 * The variables that are passed on: language, zone and terminal type, and those of this package.
 */
const passedOn =
  /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|NO_COLOR|PROCESS_CONTROL_(?:CONFIG|LAUNCHER|TRIGGER|RUN_ID|GIVEN_RUN|CAUGHT_UP|INIT))$/;

export interface Again {
  readonly program: string;
  readonly args: readonly string[];
  /** The PATH of the new process. */
  readonly searchPath: string;
  /**
   * Names of root's variables that are passed on too. They come from the configuration, which is
   * root's, never from a job file.
   */
  readonly passEnvironment: readonly string[];
  /**
   * Removes from the output what could control root's terminal: some sequences make a terminal
   * answer as if keys were pressed.
   */
  readonly harmless: () => Harmless;
  /** Gets a line for each problem, for the caller. */
  readonly say: (words: string) => void;
}

/**
 * Runs this program with the same arguments as `user`: with its uid, gid and supplementary groups,
 * and without capabilities. Resolves with the exit code when all its output is copied. Passes
 * signals on. If this process is killed, the other one gets TERM.
 */
export async function runAgainAs(user: User, again: Again): Promise<number> {
  const { program, args, say } = again;
  const relay = openRelay(again.harmless);
  // The new process must own the pipes: the mirror of a job's output opens them again in a way that
  // never blocks.
  for (const fd of relay.writers) fchownSync(fd, user.uid, user.gid);
  const [file, ...words] = becoming(user, ownCommand(program, args), say);
  const child = spawn(file, words, {
    ...{ cwd: '/', detached: true, env: environmentOf(user, again) },
    stdio: ['ignore', ...relay.writers],
  });
  for (const fd of relay.writers) closeSync(fd);
  relay.begin();
  passOnSignals(child);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? (code ?? 125) : 128 + os.constants.signals[signal]));
  });
  letSignalsEndUs();
  for (const failure of await relay.finish()) say(`${failure}; the rest is lost`);
  return exitCode;
}

function becoming({ uid, gid }: User, command: readonly string[], say: Again['say']): readonly [string, ...string[]] {
  const rights = [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--inh-caps=-all', '--ambient-caps=-all'];
  const become = [setpriv, ...rights, '--pdeathsig=TERM', '--', ...command] as const;
  const numbers = systemCalls[process.arch];
  if (numbers !== undefined && isExecutable(perl))
    return [perl, '-e', leaveRoot, '--', ...numbers.map(String), ...become];
  say(`there is no ${perl}, so what runs as the service user can reach root's session keyring`);
  return become;
}

function environmentOf({ home, name }: User, { searchPath, passEnvironment }: Again): NodeJS.ProcessEnv {
  const terminals = [1, 2].filter((fd) => isatty(fd));
  const kept = Object.entries(process.env).filter(([key]) => passedOn.test(key) || passEnvironment.includes(key));
  return {
    ...ownEnvironment(Object.fromEntries(kept)),
    ...{ PATH: searchPath, HOME: home, USER: name, LOGNAME: name, SHELL: '/bin/sh' },
    // ssh passes on the locale of another host, of which perl would complain in six lines with each
    // command.
    PERL_BADLANG: '0',
    [callerVariable]: String(callerUid()),
    [parentVariable]: String(process.pid),
    ...(terminals.length > 0 && { PROCESS_CONTROL_TERMINAL: terminals.join(' ') }),
  };
}

/**
 * Passes signals on. Ctrl-Z suspends this process alone: the run and its timeout go on, and its
 * output waits for fg or bg.
 */
function passOnSignals(child: ChildProcess): void {
  for (const signal of fromTerminal) process.on(signal, () => toGroup(child, signal));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGUSR2', () => undefined);
}

function toGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // ESRCH: all of it has ended.
  }
}

/**
 * Lets signals end this process: only output that is not read remains, and a person need not wait
 * for it.
 */
function letSignalsEndUs(): void {
  for (const signal of [...fromTerminal, 'SIGTERM']) process.removeAllListeners(signal);
}

/**
 * Checks the process that `runAgainAs` has started. Throws when it has a capability. True when
 * root's process was killed before this check.
 */
export function isOrphaned(): boolean {
  const parent = process.env[parentVariable];
  if (parent === undefined) return false;
  const capabilities = readFileSync('/proc/self/status', 'latin1').matchAll(/^Cap(?:Inh|Prm|Eff|Amb):\s*(\w+)$/gm);
  if ([...capabilities].some(([, set]) => /[^0]/.test(set ?? ''))) throw new Error('capabilities of root are left');
  return String(process.ppid) !== parent;
}

/**
 * The uid of the person who started this process: the login uid, which survives su and sudo,
 * otherwise the caller of sudo, otherwise the real uid. It is for the record and never for a
 * decision, because anyone can set SUDO_UID.
 */
export function callerUid(): number {
  for (const claimed of [process.env[callerVariable], loginUid(), process.env.SUDO_UID]) {
    if (claimed !== undefined && /^\d{1,10}$/.test(claimed)) return Number(claimed);
  }
  return process.getuid?.() ?? 0;
}

function loginUid(): string | undefined {
  try {
    const uid = readFileSync('/proc/self/loginuid', 'latin1').trim();
    return uid === '4294967295' ? undefined : uid;
  } catch {
    return undefined;
  }
}
