/** Measures two commands in turn, A B A B…, since only their ratio means anything on a machine that does other things too. */
import { spawnSync } from 'node:child_process';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Everything it gets, as cron gives little: one variable too many can cost Node 30 ms. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Run before each measurement, and not measured. */
  readonly before?: () => void;
}

export interface Row {
  readonly title: string;
  readonly ours: Command;
  readonly peer: Command & { readonly name: string };
  /** The ratio that must not be exceeded, and the one to strive for. */
  readonly bar?: number;
  readonly stretch?: number;
  /** Default 15. */
  readonly pairs?: number;
}

/** Something that is no time: its figures are words, its ratio is compared with the bar. */
export interface Figure {
  readonly title: string;
  readonly ours: string;
  /** Absent where there is nothing to compare with. */
  readonly peer?: string;
  readonly ratio?: number;
  readonly bar?: number;
  readonly stretch?: number;
}

/** What a file of this directory exports as `bench`. */
export interface Bench {
  readonly rows: readonly Row[];
  readonly figures?: () => Promise<readonly Figure[]>;
  end(): void;
}

export interface Measured {
  readonly oursSeconds: number;
  readonly peerSeconds: number;
  /** The ratios of the pairs. */
  readonly wall: Spread;
  readonly cpu: Spread;
}

export interface Spread {
  readonly median: number;
  /** A quarter of the values lie below. */
  readonly from: number;
  /** A quarter of the values lie above. */
  readonly to: number;
}

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

export function measure({ ours, peer, pairs = 15 }: Row): Measured {
  const costs = Array.from({ length: pairs }, () => ({ ours: run(ours), peer: run(peer) }));
  return {
    oursSeconds: median(costs.map((cost) => cost.ours.wall)),
    peerSeconds: median(costs.map((cost) => cost.peer.wall)),
    wall: spread(costs.map((cost) => cost.ours.wall / cost.peer.wall)),
    cpu: spread(costs.map((cost) => cost.ours.cpu / cost.peer.cpu)),
  };
}

/** bash knows what its child has cost; Node does not. */
function run({ argv, environment = {}, before }: Command): Cost {
  before?.();
  const script = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1';
  const { status, stderr } = spawnSync('/bin/bash', ['--norc', '-c', script, 'bash', ...argv], {
    env: { PATH: '/usr/bin:/bin', ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number);
  return { wall, cpu: user + system };
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const quarter = Math.floor((sorted.length - 1) / 4);
  return {
    median: median(sorted),
    from: sorted[quarter] ?? Number.NaN,
    to: sorted[sorted.length - 1 - quarter] ?? Number.NaN,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle - 1)] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}
