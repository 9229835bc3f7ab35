/**
 * Root becomes the service user by running this program again, before anything but the configuration is touched. What goes on as the service
 * user is in the hands of every job, since one may trace the other: so nothing of root's is on that side, and root's process stays and passes
 * on what it prints.
 *
 *     root's terminal, pipes and files == run-job (root) == two pipes == setpriv -> run-job (service user)
 *
 * Beyond the pipes: a new session without a terminal, stdin /dev/null, no other descriptor, the directory `/`, an empty session keyring, no
 * precedence over others that only root can give, and an environment that is made anew from a list of names.
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

/** util-linux; absolute, because PATH is the caller's. */
const setpriv = '/usr/bin/setpriv';
const perl = '/usr/bin/perl';

const { ENOSYS, EPERM } = os.constants.errno;

/**
 * Perl: gives up what root's process has before others, joins a new session keyring (keyctl(2), KEYCTL_JOIN_SESSION_KEYRING) and becomes the
 * program that the other arguments name. A kernel without keyrings answers ENOSYS, a container that forbids them EPERM: then nobody behind it
 * reaches one either. What a container forbids to give up, it has not given.
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
  // As the launcher does, for the time until Node has a handler.
  '$SIG{USR1} = "IGNORE";',
  'exec { $ARGV[0] } @ARGV or die "run-job: $ARGV[0]: $!\n"',
].join(' ');

/** The numbers of keyctl, sched_setscheduler and ioprio_set, whose getters are the next ones (Linux: asm/unistd.h of each architecture). */
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

/** A terminal sends these to all that run on it; the child's process group is what runs on this one. */
const fromTerminal = ['SIGINT', 'SIGQUIT', 'SIGHUP'] as const;

/** Who the root process was started by, told to the one that goes on, for the record. */
export const callerVariable = 'PROCESS_CONTROL_CALLER';

/** The root process, whose end the one that goes on must not miss. */
const parentVariable = 'PROCESS_CONTROL_PARENT';

/** Words and numbers that do nothing but say how to speak, and what this package tells itself. */
const passedOn =
  /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|NO_COLOR|PROCESS_CONTROL_(?:CONFIG|LAUNCHER|TRIGGER|RUN_ID|GIVEN_RUN|CAUGHT_UP))$/;

export interface Again {
  readonly program: string;
  readonly args: readonly string[];
  /** PATH beyond the boundary. */
  readonly searchPath: string;
  /** Names of root's variables that go along: what the configuration lists, which is root's own. Those of a job file are its author's. */
  readonly passEnvironment: readonly string[];
  /** What comes from beyond the boundary must not steer root's terminal: there keys that nobody has pressed can be put into its answers. */
  readonly harmless: () => Harmless;
  /** Tells the person what is not as it should be, in a line. */
  readonly say: (words: string) => void;
}

/**
 * Runs this very program, with the same arguments, as `user`: its uid, gid and supplementary groups, no capabilities. Resolves with the exit
 * code when all that it has printed is passed on. Signals are passed on too; if this process is killed, the other one is asked to end.
 */
export async function runAgainAs(user: User, again: Again): Promise<number> {
  const { program, args, say } = again;
  const relay = openRelay(again.harmless);
  // So that the mirror of a job's output can open them again in a way that never blocks.
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
  for (const failure of await relay.finish()) say(`${failure}; what followed is not shown`);
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
    // ssh brings the locale of another machine: perl would complain of it in six lines, with each command.
    PERL_BADLANG: '0',
    [callerVariable]: String(callerUid()),
    [parentVariable]: String(process.pid),
    ...(terminals.length > 0 && { PROCESS_CONTROL_TERMINAL: terminals.join(' ') }),
  };
}

/** Ctrl-Z stops this process alone: the run goes on, as its timeout must, and what it prints waits for fg or bg. */
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

/** What is left is output that nobody takes at the moment; a person who does not want to wait for that need not. */
function letSignalsEndUs(): void {
  for (const signal of [...fromTerminal, 'SIGTERM']) process.removeAllListeners(signal);
}

/**
 * Asked once by what may have come out of `runAgainAs`: throws when something of root's is left, and says whether root's process has
 * been killed before its end could be heard of.
 */
export function isOrphaned(): boolean {
  const parent = process.env[parentVariable];
  if (parent === undefined) return false;
  const capabilities = readFileSync('/proc/self/status', 'latin1').matchAll(/^Cap(?:Inh|Prm|Eff|Amb):\s*(\w+)$/gm);
  if ([...capabilities].some(([, set]) => /[^0]/.test(set ?? ''))) throw new Error('capabilities of root are left');
  return String(process.ppid) !== parent;
}

/**
 * The person behind this process: who logged in (audit's loginuid survives su and sudo), else who called sudo, else the real uid.
 * For the record only, never for a decision: SUDO_UID is an environment variable like any other.
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
