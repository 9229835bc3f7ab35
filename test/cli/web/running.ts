/** process-control-web as it runs: started, asked over its socket, and stopped. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { request } from 'node:http';
import path from 'node:path';
import { type House, until } from '../house.ts';

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

export function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code));
    child.kill(signal);
  });
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
      },
    );
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
