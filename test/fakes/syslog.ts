/** A datagram socket in the place of /dev/log, in a real process, and the messages that it gets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../test/fixtures/programs/log-socket', import.meta.url));

export interface Syslog extends AsyncDisposable {
  readonly socket: string;
  /** The first `count` messages, each as `<PRIORITY>TIME TAG[PID]: TEXT`. */
  messages(count: number): Promise<readonly string[]>;
  /** The first message that matches. */
  message(pattern: RegExp): Promise<string>;
  /** All messages until now. */
  all(): readonly string[];
}

export async function startSyslog(manner?: 'deaf'): Promise<Syslog> {
  const folder = mkdtempSync(path.join(tmpdir(), 'syslog-'));
  const socket = path.join(folder, 'log');
  const child = spawn(program, [socket, ...(manner === undefined ? [] : [manner])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  await once(lines, 'line');
  const received: string[] = [];
  lines.on('line', (line) => received.push(line));
  return {
    socket,
    async messages(count) {
      while (received.length < count) await once(lines, 'line', { signal: AbortSignal.timeout(60_000) });
      return received.slice(0, count);
    },
    async message(pattern) {
      for (;;) {
        const found = received.find((line) => pattern.test(line));
        if (found !== undefined) return found;
        await once(lines, 'line', { signal: AbortSignal.timeout(60_000) });
      }
    },
    all: () => [...received],
    async [Symbol.asyncDispose]() {
      await ended(child);
      rmSync(folder, { recursive: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
