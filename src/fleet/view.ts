/** `jobctl fleet`: the pools, their hosts, and which host has which job. */
import type { Fleet } from '../system/types/fleet.ts';
import { printable } from '../text/printable.ts';
import { greatest, widest } from '../text/width.ts';
import { engineLine, hostRows, hostTitles, jobNote, tagLines } from './overview/engine-text.ts';
import type { EngineFacts, EngineView } from './overview/engine-view.ts';
import type { FormatTime } from './overview/words.ts';
import { hostWords, poollessWords, type Seat } from './seat.ts';

export interface FleetView {
  /** The name of this host. */
  readonly host: string;
  readonly pools: Fleet['pools'];
  /** The jobs that name a pool. */
  readonly jobs: readonly PooledJob[];
  /** Present where the configuration has `fleet.etcd`. */
  readonly etcd?: EngineView;
}

type PooledJob = { readonly slug: string; readonly disabled: boolean } & Omit<Seat, 'host'>;

/** Pools, hosts as etcd knows them, then jobs, then what no host does for another. */
export function fleetText(view: FleetView, format: FormatTime): string {
  const { host, pools, jobs, etcd } = view;
  const known = etcd?.isReached === true ? etcd : undefined;
  const names = Object.keys(pools);
  const pooled = new Set(Object.values(pools).flat());
  return [
    `this host: ${host}`,
    ...(etcd === undefined ? [] : [engineLine(etcd)]),
    '',
    ...table([['POOL', 'HOSTS'], ...names.map((name) => [name, poolWords(pools[name] ?? [], host)])]),
    '',
    ...(known === undefined ? [] : [...table([hostTitles, ...hostRows(known, pooled, format)]), '']),
    ...(known === undefined ? [] : tagLines(known, format)),
    ...(jobs.length === 0 ? [] : table(jobRows(jobs, known, format))),
    ...(jobs.length === 0 ? ['no job names a pool'] : []),
    ...[poollessWords({ host, pools })].flatMap((words) => words ?? []),
    ...(jobs.some(({ runs, claimed }) => runs === 'one' && claimed === undefined) ? [oneWords] : []),
    ...(jobs.some(({ claimed }) => claimed) ? [claimedWords] : []),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function jobRows(jobs: readonly PooledJob[], known: EngineFacts | undefined, format: FormatTime) {
  const titles = ['JOB', 'POOL', 'RUNS', 'ON'];
  const rows = jobs.map((job) => [job.slug, job.pool, job.runs, placeWords(job)]);
  if (known === undefined) return [titles, ...rows];
  return [[...titles, 'NOTE'], ...rows.map((row) => [...row, jobNote(row[0] ?? '', known, format)])];
}

const oneWords =
  'A job that runs on one host has no other host while that one is away: take it out of "fleet.pools", then run cron-generate on all hosts.';

const claimedWords =
  'A job that runs on one of several hosts is started by the first of them that is there: they ask etcd at each tick.';

function poolWords(hosts: readonly string[], host: string): string {
  if (hosts.length === 0) return 'none';
  const shown = hosts.map((name) => (name === host ? `${name} (this host)` : name));
  return shown.join(', ');
}

function placeWords({ hosts, isHere, disabled, claimed }: PooledJob): string {
  const here = isHere ? (hosts.length === 1 ? ' (this host)' : ', also this host') : '';
  return `${claimed === true ? 'one of ' : ''}${hostWords(hosts)}${here}${disabled ? ', disabled in its file' : ''}`;
}

/** Columns, each as wide as its widest cell; the last one ends its line. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = greatest(rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => widest(rows.map((row) => row[at] ?? '')));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
