/** process-control-web as it is installed, with a clock in it that sees how long nothing else is done. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as after } from 'node:timers/promises';
import { repository } from '../../test/cli/house.ts';
import type { Host } from '../listings.ts';

export interface Answer {
  readonly status: number;
  readonly firstByteMs: number;
  readonly body: Buffer;
}

/** Says at SIGUSR2 the longest time in which no timer came. */
const clockInside = `data:text/javascript,${encodeURIComponent(`
let last = performance.now(), longest = 0;
setInterval(() => { const now = performance.now(); longest = Math.max(longest, now - last - 2); last = now; }, 2).unref();
process.on('SIGUSR2', () => { process.stderr.write('longest stall: ' + longest.toFixed(1) + '\\n'); longest = 0; last = performance.now(); });
`)}`;

export type Page = Awaited<ReturnType<typeof startPage>>;

/** `isTimed`: with the clock in it, which itself takes a percent of a core. */
export async function startPage({ config }: Host, name = 'view.sock', isTimed = true) {
  const socket = path.join(path.dirname(config), 'run', name);
  const program = [
    process.execPath,
    ...(isTimed ? ['--import', clockInside] : []),
    path.join(repository, 'dist/boot.cjs'),
  ];
  const args = [...program, 'process-control-web', '--socket', socket, '--config', config];
  const identity = ['--reuid=nobody', '--regid=nogroup', '--clear-groups', '--'];
  const beganMs = performance.now();
  const child = spawn('setpriv', [...identity, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const said = heardFrom(child);
  await said('the page is at');
  return {
    socket,
    get: (target: string) => get(socket, target),
    /** The time from the start of the program to the end of its first answer. */
    async firstPageMs(target: string) {
      while ((await get(socket, target)).status !== 200) await after(10);
      return performance.now() - beganMs;
    },
    listen: (target: string) => listen(socket, target),
    /** The longest stall since the last call. */
    async stallMs() {
      const answer = said('longest stall: ');
      child.kill('SIGUSR2');
      return Number.parseFloat(await answer);
    },
    rssMiB: () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]) / 1024,
    /** User and system time; a tick is 10 ms. */
    cpuMs() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** Returns what waits for a text of the program that comes from now on, and resolves to what follows it in its line. */
function heardFrom(child: ChildProcess): (words: string) => Promise<string> {
  let text = '';
  let wake = () => {};
  child.stderr?.setEncoding('utf8').on('data', (more: string) => {
    text += more;
    wake();
  });
  child.once('exit', () => wake());
  return async (words) => {
    const from = text.length;
    for (;;) {
      const at = text.indexOf(words, from);
      const end = at < 0 ? -1 : text.indexOf('\n', at);
      if (end >= 0) return text.slice(at + words.length, end);
      if (child.exitCode !== null) throw new Error(`the page has ended: ${text}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

export function get(socket: string, target: string): Promise<Answer> {
  const beganMs = performance.now();
  return new Promise((resolve, reject) => {
    request({ socketPath: socket, path: target, headers: { Host: 'localhost' }, agent: false }, (answer) => {
      const firstByteMs = performance.now() - beganMs;
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, firstByteMs, body: Buffer.concat(parts) }));
    })
      .on('error', reject)
      .end();
  });
}

function listen(socket: string, target: string) {
  let text = '';
  let wake = () => {};
  const asked = request(
    { socketPath: socket, path: target, headers: { Host: 'localhost' }, agent: false },
    (answer) => {
      answer.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        wake();
      });
      answer.on('error', () => undefined);
    },
  );
  asked.on('error', () => undefined).end();
  return {
    async heard(words: string) {
      while (!text.includes(words))
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
    close: () => asked.destroy(),
  };
}
