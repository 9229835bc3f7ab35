/** `jobctl status` of a service: the words in a listing, and a line for each instance. */
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';
import { widest } from '../../text/width.ts';
import { desiredWords, type InstanceSnapshot, type ServiceSnapshot } from '../service-snapshot.ts';
import { unreadableWords } from '../snapshot.ts';

/** The words of a listing behind the state: "3 of 4 up; web.2 backoff: exited with code 1". */
export function serviceNote(slug: string, service: ServiceSnapshot): string {
  const { instances, wantedInstances, state, problems, supervisor, jobRun, file } = service;
  const up = instances.filter(({ at, number }) => at === 'up' && number < wantedInstances).length;
  const [worst] = instances.filter(({ at }) => at !== 'up' && at !== 'starting');
  // An instance that was never started needs no words.
  const isSilent = state === 'DOWN' || (state === 'STARTING' && supervisor === undefined);
  const snoozed = instances.filter(({ snooze }) => snooze !== undefined).map(({ number }) => `${slug}.${number}`);
  const parts = [
    stoppedWords(supervisor) ?? '',
    jobRunWords(jobRun) ?? '',
    absentWords(service),
    isSilent ? '' : `${up} of ${wantedInstances} up`,
    worst === undefined || isSilent ? '' : `${slug}.${worst.number} ${worst.at}${because(worst)}`,
    snoozed.length === 0 ? '' : `snoozed: ${snoozed.join(', ')}`,
    problems === undefined ? '' : 'its file has problems',
    file === 'gone' ? 'its file is gone' : '',
  ];
  return parts.filter(Boolean).join('; ');
}

/** A supervisor that does nothing, and what to do about it. */
function stoppedWords(supervisor: ServiceSnapshot['supervisor']): string | undefined {
  if (supervisor?.isStopped !== true) return undefined;
  return `supervisor is stopped (SIGSTOP), so nothing is watched: kill -CONT ${supervisor.pid ?? ''}`;
}

/**
 * The words about a missing supervisor. cron starts supervisors, so words about crontab and cron
 * follow in the row.
 */
function absentWords({ supervisor, jobRun, state }: ServiceSnapshot): string {
  if (supervisor !== undefined || jobRun !== undefined) return '';
  if (state === 'STARTING') return 'no supervisor yet';
  return state === 'FAILED' ? 'no supervisor runs' : '';
}

function jobRunWords(jobRun: ServiceSnapshot['jobRun']): string | undefined {
  if (jobRun === undefined) return undefined;
  return `it waits for run ${jobRun.run ?? 'unknown'} of the job that it was (pid ${jobRun.pid ?? 'unknown'})`;
}

function because({ reason, lastExit }: InstanceSnapshot): string {
  const words = reason ?? (lastExit === undefined ? undefined : `it ${lastExit.words}`);
  return words === undefined ? '' : `: ${words}`;
}

interface DescribedJob {
  readonly slug: string;
  readonly name: string;
  readonly description?: string;
  readonly tags: readonly string[];
}

interface ServiceView {
  readonly formatTime: (ms: number) => string;
  readonly nowMs: number;
  readonly unreadable?: number | undefined;
  readonly notices: readonly string[];
}

/** Facts of a service, then its instances; `label: value` and rows of columns. */
export function serviceDetails(job: DescribedJob, service: ServiceSnapshot, view: ServiceView): string {
  const known = serviceFacts(job, service, view);
  const head = known.map(([label, value]) => `${`${label}:`.padEnd(19)} ${printable(value)}\n`).join('');
  return head + instanceLines(instanceRows(job.slug, service.instances, view));
}

/** Label and words of everything that is known about a service beside its instances. */
export function serviceFacts(
  job: DescribedJob,
  service: ServiceSnapshot,
  { formatTime, unreadable, notices }: ServiceView,
): readonly (readonly [label: string, words: string])[] {
  const { supervisor, problems, rolling, rollingEnd, jobRun } = service;
  const facts: readonly (readonly [label: string, words: string | undefined])[] = [
    ['service', `${job.slug} - ${job.name}`],
    ['description', job.description?.replaceAll('\n', ' ')],
    ['tags', job.tags.length === 0 ? undefined : job.tags.join(', ')],
    [
      'state',
      service.elsewhere
        ? 'no instance is on this host'
        : `${service.state}${service.sinceMs === undefined ? '' : ` since ${formatTime(service.sinceMs)}`}`,
    ],
    ['desired', desiredWords(service, formatTime)],
    [
      'supervisor',
      supervisor === undefined ? 'none' : `pid ${supervisor.pid ?? 'unknown'} (run ${supervisor.run ?? 'unknown'})`,
    ],
    ['attention', stoppedWords(supervisor) ?? jobRunWords(jobRun)],
    ['restart', rolling === undefined ? rollingEnd : `rolling; still to come: ${rolling.join(', ')}`],
    ['warning', unreadableWords(job.slug, unreadable)],
    ...notices.map((words) => ['notices', words] as const),
    ['file', problems === undefined ? undefined : `has problems and is not followed: ${problems[0] ?? ''}`],
  ];
  return facts.filter((fact): fact is readonly [string, string] => fact[1] !== undefined);
}

/** An instance in words. */
export interface InstanceRow {
  readonly number: number;
  readonly name: string;
  readonly at: string;
  readonly pid: string;
  readonly ports: string;
  readonly words: string;
}

export function instanceRows(
  slug: string,
  instances: readonly InstanceSnapshot[],
  times: Pick<ServiceView, 'formatTime' | 'nowMs'>,
): readonly InstanceRow[] {
  return instances.map((one) => ({
    number: one.number,
    name: `${slug}.${one.number}`,
    at: one.stopped && one.at === 'down' ? 'stopped' : one.at,
    pid: one.pid === undefined ? '' : `pid ${one.pid}`,
    ports: portWords(one),
    words: detailsOf(one, times),
  }));
}

function instanceLines(instances: readonly InstanceRow[]): string {
  const rows = instances.map(({ name, at, pid, ports, words }) => [name, at, pid, printable(ports), printable(words)]);
  const widths = [0, 1, 2, 3].map((column) => widest(rows.map((row) => row[column] ?? '')));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join('');
}

function portWords({ ports }: InstanceSnapshot): string {
  return Object.entries(ports)
    .map(([name, port]) => `${name} ${port}`)
    .join(' ');
}

function detailsOf(
  one: InstanceSnapshot,
  { formatTime, nowMs }: { readonly formatTime: (ms: number) => string; readonly nowMs: number },
): string {
  const parts = [
    one.sinceMs === undefined || one.at === 'down' ? '' : `since ${formatTime(one.sinceMs)}`,
    one.untilMs === undefined ? '' : `starts again at ${formatTime(one.untilMs)}`,
    one.reason ?? '',
    one.snooze === undefined ? healthWords(one) : snoozeWords(one.snooze, { formatTime, nowMs }),
    one.restarts === 0 ? '' : `${one.restarts} ${one.restarts === 1 ? 'restart' : 'restarts'}`,
    one.lastExit === undefined ? '' : `at ${formatTime(one.lastExit.atMs)} it ${one.lastExit.words}`,
    one.changed ? 'changed: restart to apply' : '',
  ];
  return parts.filter(Boolean).join('; ');
}

function healthWords({ health, failures }: InstanceSnapshot): string {
  switch (health?.is) {
    case 'success':
      return 'healthy';
    case 'failure':
      return `${failures === undefined ? 'probe failed' : `${failures} probes failed`}: ${health.reason}`;
    case 'unknown':
      return `health unknown: ${health.reason}`;
    default:
      return '';
  }
}

function snoozeWords(
  { sinceMs, untilMs }: NonNullable<InstanceSnapshot['snooze']>,
  { formatTime, nowMs }: { readonly formatTime: (ms: number) => string; readonly nowMs: number },
): string {
  return `probes snoozed for ${durationWords(Math.max(0, nowMs - sinceMs) / 1000)}, until ${formatTime(untilMs)}`;
}
