/** Runs a program that takes a message on stdin, sendmail or a channel's command, for a bounded time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from './system.ts';
import { users } from './users.ts';

/** What it says on stderr beyond this is of no use in a reason. */
const wordsLimit = 500;

export interface ProgramOrder {
  readonly message: Uint8Array;
  readonly limitMs: number;
  /** All that it gets; PATH, LC_ALL and who the caller is unless given. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `/` unless given. */
  readonly workingDirectory?: string;
  /** It may take the message or not, as long as it ends with 0. */
  readonly mayIgnoreMessage?: boolean;
}

/** Taken is what it ended with 0 for. */
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
  const child = spawn(program, args, {
    cwd: workingDirectory,
    // Its background delivery may outlive the run, so it must carry no mark of a run.
    env: environment,
    // A session of its own: what is killed is all of it, and what delivers in the background is not taken along with run-job.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let words = '';
  let late = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, wordsLimit);
  });
  // How it ended says more than EPIPE.
  child.stdin.on('error', () => {});
  child.stdin.end(message);
  const timer = setTimeout(() => {
    late = true;
    kill(child.pid);
  }, limitMs);
  try {
    const [code, signal] = await once(child, 'exit');
    // From now on its number may become another's.
    clearTimeout(timer);
    if (late) return { ok: false, reason: `${program}: no end after ${limitMs / 1000} s` };
    if (code === 0 && (mayIgnoreMessage || child.stdin.writableFinished)) return { ok: true };
    // Its last words may still be in the pipe, and a child of it may hold the pipe open for long.
    await Promise.race([once(child.stderr, 'close'), pause(200)]);
    const how = code === 0 ? 'did not read the message' : signal === null ? `exit code ${code}` : `killed by ${signal}`;
    return { ok: false, reason: `${program}: ${how}${words === '' ? '' : `: ${words}`}` };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  } finally {
    clearTimeout(timer);
    child.stderr.destroy();
    child.stdin.destroy();
  }
}

/** Who this process is by its uid: HOME and USER may still be those of whoever started the run. */
function basicEnvironment(): Record<string, string> {
  const user = users.find(String(process.getuid?.()));
  const identity = user === undefined ? {} : { HOME: user.home, USER: user.name, LOGNAME: user.name };
  return { ...identity, SHELL: '/bin/sh', PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
