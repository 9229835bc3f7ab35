import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, mkdirSync, openSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { RunLogs } from './system.ts';
export function runLogs(c: { readonly outputDirectory: string; readonly runDirectory: string }): RunLogs {
  return {
    open(slug, startedMs) {
      const dir = path.join(c.outputDirectory, slug);
      const iso = new Date(startedMs).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
      const file = path.join(dir, `${slug}-${iso}.log`);
      try {
        mkdirSync(dir, { recursive: true });
        appendFileSync(file, '');
        rmSync(path.join(dir, 'latest.log'), { force: true });
        symlinkSync(path.basename(file), path.join(dir, 'latest.log'));
      } catch (e) {
        return { is: 'failed', stage: 'opening the log', reason: (e as Error).message };
      }
      const stamp = () => new Date().toISOString().replace('T', ' ').replace('.', ',').slice(0, 23);
      const put = (l: string, t: string) => appendFileSync(file, `${stamp()}\t${l}\t${t}\n`);
      let fds: number[] = [];
      let waits: Promise<void>[] = [];
      const stream = (l: string) => {
        const p = path.join(c.runDirectory, `.f${process.pid}${l}`);
        execFileSync('mkfifo', [p]);
        const r = openSync(p, constants.O_RDONLY | constants.O_NONBLOCK);
        const w = openSync(p, constants.O_WRONLY);
        unlinkSync(p);
        fds.push(w);
        const s = new net.Socket({ fd: r, readable: true, writable: false });
        let t = '';
        s.on('data', (d) => {
          t += d;
          const ls = t.split('\n');
          t = ls.pop() ?? '';
          for (const x of ls) put(l, x);
        });
        waits.push(
          new Promise((res) =>
            s.on('close', () => {
              if (t) put(l, t);
              res();
            }),
          ),
        );
        return w;
      };
      return {
        is: 'open',
        log: {
          path: file,
          streams: () => ({ stdoutFd: stream('INFO'), stderrFd: stream('ERROR') }),
          commandStarted: (line, pid) => {
            put('INFO', '===========');
            put('INFO', `${line} (${pid})`);
            put('INFO', '-----------');
            for (const f of fds) closeSync(f);
            fds = [];
          },
          commandEnded: async () => {
            for (const f of fds) closeSync(f);
            fds = [];
            await Promise.all(waits);
            waits = [];
            put('INFO', '----------- end command output');
            return { heldOpen: false };
          },
          note: (t) => put('NOTE', t),
          close: async () => ({ stdoutBytes: 0, stderrBytes: 0, lostBytes: 0, tail: '' }),
        },
      };
    },
  };
}
