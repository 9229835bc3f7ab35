/** What it costs to have a job's output stamped and in its log: the real run-job beside programs that copy, stamp or hold back output. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import type { Bench, Command, Row } from './frame/measure.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** 64 MiB in lines of 80 bytes on average, as different as those of real programs. */
const inputBytes = 64 << 20;

const large = 8;
const small = 1;

export function bench(): Bench {
  const house = makeHouse();
  const bulk = (times: number) => `cat ${Array(times).fill(house.input).join(' ')}`;
  // One write for each line, as a program that flushes does.
  const lineByLine = `head -c ${inputBytes / 4} ${house.input} | grep --line-buffered ''`;
  const row = (title: string, producer: string, peer: string, bars: Pick<Row, 'bar' | 'stretch'>): Row => ({
    title,
    ours: house.job(producer),
    peer: { name: peer.split(' ')[0] ?? '', ...house.shell(peerLine(producer, peer, house.sink)) },
    pairs: 9,
    ...bars,
  });
  const rows = [
    row('capture, 512 MiB of lines', bulk(large), 'cat', { bar: 2.5, stretch: 1.3 }),
    row('capture, 16 MiB, one write for each line', lineByLine, 'cat', { bar: 2, stretch: 1.5 }),
    row('capture, 512 MiB of lines', bulk(large), 's6-log -b t s99999999', { bar: 0.4, stretch: 0.2 }),
    row('capture, 64 MiB of lines', bulk(small), 'ts %F_%.T', {}),
    row('capture, 64 MiB of lines', bulk(small), 'chronic', {}),
  ];
  return { rows: rows.filter(({ peer }) => isInstalled(peer.name)), end: house.end };
}

function peerLine(producer: string, peer: string, sink: string): string {
  if (peer.startsWith('s6-log')) return `{ ${producer}; } | ${peer} ${sink}/s6`;
  // It prints what it has held back only when the command has failed.
  if (peer === 'chronic') return `chronic sh -c '${producer}; false' >${sink}/out 2>&1 || :`;
  return `{ ${producer}; } | ${peer} >${sink}/out`;
}

interface House {
  readonly input: string;
  /** Where everybody writes, in memory if there is such a place: the disk is not what is compared. */
  readonly sink: string;
  job(producer: string): Command;
  shell(script: string): Command;
  end(): void;
}

function makeHouse(): House {
  // A configuration counts only in directories that nobody else can write.
  const base = mkdtempSync(path.join(process.getuid?.() === 0 ? '/var/lib' : os.homedir(), '.pc-bench-'));
  const sink = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'pc-bench-'));
  const input = path.join(sink, 'input');
  writeFileSync(input, linesOf(inputBytes));
  for (const name of ['jobs', 'run', 'state']) mkdirSync(path.join(base, name));
  const configFile = path.join(base, 'process-control.yaml');
  const places = `job_directory: ${base}/jobs\nrun_directory: ${base}/run\nstate_directory: ${base}/state\n`;
  writeFileSync(configFile, `user: ${os.userInfo().username}\noutput_directory: ${sink}/log\n${places}`);
  let count = 0;
  // The kernel has pages at hand that were in use just now; those of a large file before that, it may have to ask a hypervisor for.
  const before = () => {
    for (const name of ['log', 's6', 'out']) rmSync(path.join(sink, name), { recursive: true, force: true });
    spawnSync('/bin/sh', ['-c', `cat ${Array(12).fill(input).join(' ')} >${sink}/out; rm ${sink}/out`]);
  };
  return {
    input,
    sink,
    job(producer) {
      const name = `bench-${++count}`;
      writeFileSync(
        path.join(base, 'jobs', `${name}.yaml`),
        `name: Bench\ncommand: sh -c ${JSON.stringify(producer)}\n`,
      );
      const environment = { PROCESS_CONTROL_CONFIG: configFile };
      return { argv: [path.join(root, 'bin/run-job'), '--job', name], environment, before };
    },
    shell: (script) => ({ argv: ['/bin/sh', '-c', script], before }),
    end() {
      for (const directory of [base, sink]) rmSync(directory, { recursive: true });
    },
  };
}

function linesOf(bytes: number): Buffer {
  const words = 'the quick brown fox jumps over a lazy dog while seven jobs wait for their lock'.split(' ');
  const lines: string[] = [];
  for (let length = 0, turn = 1; length < 1 << 20; turn = (turn * 16_807) % 2_147_483_647) {
    const line = `${turn} ${words.slice(turn % 7, 7 + (turn % 9)).join(' ')} ${turn % 1000}\n`.padStart(
      40 + (turn % 81),
    );
    lines.push(line);
    length += line.length;
  }
  const block = Buffer.from(lines.join(''));
  return Buffer.alloc(bytes, block);
}

function isInstalled(program: string): boolean {
  return spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;
}
