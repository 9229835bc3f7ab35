/** The last ticks of a job of a pool, on whatever host they ran. */

import { printable } from '../../text/printable.ts';
import type { FleetEvidence } from './job-evidence.ts';
import type { FleetTick } from './jobs.ts';
import { seenWords } from './words.ts';

type Fact = readonly [label: string, words: string];

const mostTicks = 5;

/** Facts for `jobctl status NAME`: the run under way on another host, and the last ticks of the fleet. */
export function fleetFacts(evidence: FleetEvidence, host: string, format: (ms: number) => string): readonly Fact[] {
  if (evidence.is === 'unreachable') return [['fleet', `etcd can't be reached: ${evidence.reason}`]];
  if (evidence.is === 'hidden') return [['fleet', `you may not ask etcd: ${evidence.reason}`]];
  const { job, hosts, nowMs } = evidence;
  const { run } = job;
  const there = hosts.find((one) => one.host === run?.host);
  const seen = there === undefined ? '' : `; ${there.host} ${seenWords(there, nowMs, format)}`;
  const cordoned = hosts.flatMap((one) => (one.cordon === undefined ? [] : [one.host]));
  return [
    ...(run === undefined || run.host === host
      ? []
      : [['fleet', `runs on ${run.host} since ${format(run.atMs)}${seen}`] as const]),
    ...(cordoned.length === 0 ? [] : [['cordoned hosts', cordoned.join(', ')] as const]),
    ...job.ticks.slice(-mostTicks).map((tick) => ['fleet tick', tickWords(tick, format)] as const),
  ];
}

/** Lines for `jobctl history NAME`, under a title. */
export function fleetHistoryText(evidence: FleetEvidence, format: (ms: number) => string): string {
  if (evidence.is !== 'read') return '';
  const lines = evidence.job.ticks.slice(-2 * mostTicks).map((tick) => `  ${printable(tickWords(tick, format))}\n`);
  return lines.length === 0 ? '' : `The last ticks on all hosts:\n${lines.join('')}`;
}

/** "2026-11-30 03:00:00 web1 success, run …", "2026-11-30 03:00:00 skipped: paused" */
function tickWords({ tickMs, fate }: FleetTick, format: (ms: number) => string): string {
  const at = format(tickMs);
  if (fate.fate === 'missed') return `${at} missed`;
  if (fate.fate === 'skipped') return `${at} skipped: ${fate.why}`;
  return `${at} ${fate.host} ${fate.outcome ?? 'has no end yet'}, run ${fate.run}`;
}
