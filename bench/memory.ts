/** What a run-job costs while its job runs: its own peak, and what a hundred of them take from the machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { listProcesses } from '../src/system/process/proc.ts';
import { House, until } from '../test/cli/house.ts';
import type { Bench, Figure } from './frame/measure.ts';

const waiting = 100;

/** V8 gives back what a start has used when it has been idle for a while. */
const settleMs = 15_000;

export function bench(): Bench {
  const jobs = Array.from(
    { length: waiting },
    (_, n) => [`wait${n}`, 'name: Wait\ncommand: /bin/sleep 600\n'] as const,
  );
  const house = new House(Object.fromEntries(jobs));
  return { rows: [], figures: () => figures(house), end: () => house.remove() };
}

async function figures(house: House): Promise<readonly Figure[]> {
  const nodes = await Promise.all(Array.from({ length: waiting }, () => idleNode()));
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const node = { peak: peakKiB(nodes[0]?.pid ?? 0), pss: sum(nodes.map(({ pid }) => pssKiB(pid ?? 0))) };
  for (const child of nodes) child.kill('SIGKILL');
  const wrappers: ChildProcess[] = [];
  // One after the other: a hundred that start at once on two cores measure the starting.
  for (let n = 0; n < waiting; n += 1) {
    wrappers.push(house.spawn('run-job', ['--job', `wait${n}`]));
    await until('the job to start', () => isLogged(house, `wait${n}`));
  }
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const pids = wrappers.map(({ pid }) => pid ?? 0);
  const peak = peakKiB(pids[0] ?? 0);
  const reapers = listProcesses().flatMap(({ pid, parent }) => (pids.includes(parent) ? pid : []));
  const pss = sum([...pids, ...reapers].map(pssKiB));
  for (const child of wrappers) child.kill('SIGTERM');
  await Promise.all(wrappers.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  return [
    { title: 'peak RSS of run-job', ...pair(peak, node.peak, 'an idle node'), bar: 1.25, stretch: 1.15 },
    { title: 'PSS of 100 waiting run-jobs with their reapers', ...pair(pss, node.pss, '100 idle nodes') },
  ];
}

function pair(ours: number, peer: number, name: string): Pick<Figure, 'ours' | 'peer' | 'ratio'> {
  const mebibytes = (kib: number) => `${(kib / 1024).toFixed(1)} MiB`;
  return { ours: mebibytes(ours), peer: `${name} ${mebibytes(peer)}`, ratio: ours / peer };
}

async function idleNode(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'console.log(1);setTimeout(()=>{},6e5)'], {
    env: {},
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

function isLogged(house: House, slug: string): boolean {
  try {
    return house.log(slug).includes('sleep 600 (');
  } catch {
    return false;
  }
}

function peakKiB(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** Shared pages counted by halves, thirds…: what the machine really gives. */
function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
