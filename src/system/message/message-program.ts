/**
 * Runs a program that reads a message on stdin, sendmail or a channel's command, for a bounded
 * time.
 */
import process from 'node:process';
import { signalName } from '../../text/signal.ts';
import { runBounded } from '../process/bounded-program.ts';
import type { Delivery } from '../types/message.ts';
import type { WaitStatus } from '../types/process.ts';
import { users } from '../user/users.ts';

/** The part of stderr that is quoted in the reason. */
const wordsLimit = 500;

export interface ProgramOrder {
  readonly message: Uint8Array;
  readonly limitMs: number;
  /** The whole environment. The default has PATH, LC_ALL and the caller's identity. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The working directory; `/` by default. */
  readonly workingDirectory?: string;
  /** True when exit code 0 counts as delivered even if the program has not read the message. */
  readonly mayIgnoreMessage?: boolean;
}

/**
 * Delivered means that the program exited with 0. Background processes of a channel's command, such
 * as mail(1) starts, have the rest of the time; then they are killed. Background deliveries of a
 * sendmail go on.
 */
export async function runMessageProgram(
  [program, ...args]: readonly [string, ...string[]],
  {
    message,
    limitMs,
    environment = basicEnvironment(),
    workingDirectory = '/',
    mayIgnoreMessage = false,
  }: ProgramOrder,
): Promise<Delivery> {
  let words = '';
  const run = runBounded({
    // A background delivery may outlive the run, so the environment has no mark of a run.
    ...{ argv: [program, ...args], environment, workingDirectory, limitMs, input: message, listensTo: 'stderr' },
    leftovers: mayIgnoreMessage ? 'wait' : 'leave',
    onOutput: (text) => {
      words = (words + text).slice(0, wordsLimit);
    },
  });
  const end = await run.end;
  await run.gone;
  if (end.is === 'late') return { ok: false, reason: `${program}: no end after ${limitMs / 1000} s` };
  if (end.is === 'not-started') return { ok: false, reason: `${program}: ${end.reason}` };
  const { status } = end;
  const isWell = status.is === 'exited' && status.code === 0;
  if (isWell && (mayIgnoreMessage || end.tookInput)) return { ok: true };
  const how = isWell ? 'did not read the message' : statusWords(status);
  return { ok: false, reason: `${program}: ${how}${words === '' ? '' : `: ${words}`}` };
}

function statusWords(status: WaitStatus): string {
  if (status.is === 'unknown') return `ended unseen: ${status.reason}`;
  return status.is === 'exited' ? `exit code ${status.code}` : `killed by ${signalName(status.signal)}`;
}

function basicEnvironment(): Record<string, string> {
  const user = users.find(String(process.getuid?.()));
  const identity = user === undefined ? {} : { HOME: user.home, USER: user.name, LOGNAME: user.name };
  return { ...identity, SHELL: '/bin/sh', PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
}
