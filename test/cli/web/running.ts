/** process-control-web as it runs: started, asked over its socket, and stopped. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { endAtOnce, type House, until } from '../house.ts';

/** Starts it, and waits until it says that it answers. */
export async function startPage(
  house: House,
  ...args: readonly string[]
): Promise<{ readonly child: ChildProcess; readonly said: () => string }> {
  const child = house.spawn('process-control-web', args);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until('the page', () => /the page is at/.test(said) || assertRunning(child, said));
  return { child, said: () => said };
}

function assertRunning(child: ChildProcess, said: string): false {
  assert.equal(child.exitCode, null, said);
  return false;
}

/** Rejects with what the kernel says of the program when it has not ended after a minute. */
export function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => {
      reject(new Error(`not ended ${patienceMs} ms after ${signal}: ${stateOf(child)}`));
      endAtOnce(child);
    }, patienceMs);
    child.once('close', (code) => {
      clearTimeout(limit);
      resolve(code);
    });
    child.kill(signal);
  });
}

const patienceMs = 60_000;

/** What the kernel says of a process: its state, and the system call that it waits in. */
function stateOf({ pid, exitCode, signalCode }: ChildProcess): string {
  if (exitCode !== null || signalCode !== null) return 'it has ended, but another process has its output open';
  const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8').trim();
  return `${/^State:.*$/m.exec(read('status'))?.[0]}, ${read('wchan')}, system call ${read('syscall')}`;
}

/** `headers` as a client sends them; Host is localhost unless it is among them. */
export function get(
  file: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: file, path: target, headers: { Host: 'localhost', ...headers }, agent: false },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.on('end', () => resolve({ status: answer.statusCode, body }));
        // After its end this changes nothing.
        answer.on('close', () =>
          reject(new Error(`the answer to ${target} was cut off after ${body.length} characters`)),
        );
      },
    );
    asked.setTimeout(patienceMs, () => asked.destroy(new Error(`no answer to ${target} in ${patienceMs} ms`)));
    asked.on('error', reject).end();
  });
}

/** Events as they come; `closed` is the end of the connection. */
export function listen(file: string, target = '/api/v1/changes', headers: Readonly<Record<string, string>> = {}) {
  const heard = { text: '', closed: false };
  const asked = request(
    { socketPath: file, path: target, headers: { Host: 'localhost', ...headers }, agent: false },
    (answer) => {
      answer.setEncoding('utf8').on('data', (text: string) => {
        heard.text += text;
      });
      answer.on('close', () => {
        heard.closed = true;
      });
    },
  );
  asked.on('error', () => undefined).end();
  return heard;
}

/** The directory of a program of the host, or undefined. */
export function placeOf(program: string): string | undefined {
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8', env });
  return stdout.trim() === '' ? undefined : path.dirname(stdout.trim());
}
