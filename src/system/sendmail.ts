/** Runs a sendmail program with a message on stdin, for a bounded time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery } from './system.ts';

/** What it says on stderr beyond this is of no use in a reason. */
const wordsLimit = 500;

/** exit(3) codes of sendmail programs are sysexits.h: 75 means that it may go well later. */
export async function runSendmail(
  [program, ...args]: readonly [string, ...string[]],
  message: Uint8Array,
  limitMs: number,
): Promise<Delivery> {
  const child = spawn(program, args, {
    cwd: '/',
    // Its background delivery may outlive the run, so it must carry no mark of a run.
    env: environment(),
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
    if (code === 0 && child.stdin.writableFinished) return { ok: true };
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

function environment(): Record<string, string> {
  const kept = ['HOME', 'USER', 'LOGNAME'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };
}

function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
