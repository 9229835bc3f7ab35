/** Rows of `jobctl fleet` about what etcd knows. */
import { durationWords } from '../../text/duration.ts';
import { hostWords } from '../seat.ts';
import type { Hold } from '../store/records.ts';
import type { EngineFacts, EngineView, HostView } from './engine-view.ts';
import { cordonWords, type FormatTime } from './words.ts';

export const hostTitles = ['HOST', 'STATE', 'SEEN', 'CLOCK', 'VERSION', 'RUNS', 'NOTE'] as const;

/** "etcd: its clock and that of this host agree" */
export function engineLine(engine: EngineView): string {
  if (!engine.isReached) return `etcd can't be reached: ${engine.reason}`;
  const { aheadMs, errorMs } = engine;
  if (Math.abs(aheadMs) <= errorMs + 1000) return 'etcd: reached; its clock and that of this host agree';
  const away = durationWords(Math.abs(aheadMs) / 1000);
  return `etcd: reached; the clock of this host is ${away} ${aheadMs > 0 ? 'ahead of' : 'behind'} its clock`;
}

export function hostRows({ hosts, nowMs }: EngineFacts, pooled: ReadonlySet<string>, format: FormatTime) {
  return hosts.map((host) => hostRow(host, { nowMs, format, isPooled: pooled.has(host.host) }));
}

interface RowView {
  readonly nowMs: number;
  readonly format: FormatTime;
  readonly isPooled: boolean;
}

function hostRow(host: HostView, { nowMs, format, isPooled }: RowView): readonly string[] {
  const { seen, isSeenUnread, cordon, runs } = host;
  const state = cordon !== undefined ? 'cordoned' : host.isThere ? 'there' : 'away';
  const ago = seen && durationWords(Math.max(0, Math.round((nowMs - seen.atMs) / 1000)));
  return [
    host.host,
    state,
    ago === undefined ? (isSeenUnread ? 'unknown' : 'never') : `${ago} ago`,
    seen === undefined ? '-' : signed(seen.aheadMs),
    seen?.version ?? '-',
    runs.length === 0 ? '-' : hostWords(runs),
    notes(host, isPooled, format),
  ];
}

function notes({ cordon, seen, isThere, runs }: HostView, isPooled: boolean, format: FormatTime): string {
  return [
    ...(cordon === undefined ? [] : [`cordoned ${cordonWords(cordon, format)}`]),
    ...(!isThere && runs.length > 0 ? ['it holds runs, and was not heard of for 3 min'] : []),
    ...(seen?.beside === undefined ? [] : ['two hosts have this name']),
    ...(isPooled ? [] : ['in no pool']),
  ].join('; ');
}

/** "+0.1 s" */
function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${(Math.abs(ms) / 1000).toFixed(1)} s`;
}

/** "runs on web1 since …; paused by ada: upgrade; web2 has another job file" */
export function jobNote(slug: string, { jobs }: EngineFacts, format: FormatTime): string {
  const job = jobs.find((one) => one.slug === slug);
  if (job === undefined) return '';
  const { run, pause, last, otherFiles } = job;
  return [
    ...(run === undefined ? [] : [`runs on ${run.host} since ${format(run.atMs)}`]),
    ...(pause === undefined ? [] : [pausedWords(pause, format)]),
    ...(run !== undefined || last === undefined ? [] : [lastWords(last, format)]),
    ...(otherFiles === undefined ? [] : [`another job file: ${hostWords(otherFiles)}`]),
  ].join('; ');
}

/** "tag night: paused by ada: upgrade" */
export function tagLines({ tags }: EngineFacts, format: FormatTime): readonly string[] {
  const lines = tags.map(({ tag, ...hold }) => `tag ${tag}: ${pausedWords(hold, format)}`);
  return lines.length === 0 ? lines : [...lines, ''];
}

function pausedWords({ by, untilMs, reason }: Hold, format: FormatTime): string {
  const until = untilMs === undefined ? '' : ` until ${format(untilMs)}`;
  return `paused by ${by}${until}${reason === undefined ? '' : `: ${reason}`}`;
}

function lastWords({ tickMs, fate }: NonNullable<EngineFacts['jobs'][number]['last']>, format: FormatTime): string {
  const at = format(tickMs);
  if (fate.fate !== 'started') return `${fate.fate} at ${at}`;
  return `${fate.outcome ?? 'started'} on ${fate.host} at ${at}`;
}
