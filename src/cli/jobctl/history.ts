/**
 * `jobctl history`: shows how runs ended, what happened to services, and what operators decided; of
 * all jobs unless some are named.
 */

import type { Config } from '../../config/config.ts';
import { fleetHistoryText } from '../../fleet/overview/job-text.ts';
import { entryValue, type HistoryFilter, Newest, selectEntries, stripIn } from '../../report/history-view.ts';
import { hiddenWords } from '../../report/snapshot.ts';
import { daysText } from '../../report/text/days.ts';
import { type HistoryEntry, type HistoryView, historyText } from '../../report/text/history.ts';
import { stripsText } from '../../report/text/strip.ts';
import { momentForms, parseMoment } from '../../report/typed/moment.ts';
import type { StripItem } from '../../run/history/strip.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { timeText } from '../../zone/wall-time.ts';
import { print, printBytes, say } from '../frame/output.ts';
import { refuse } from '../frame/refuse.ts';
import type { Jobs } from '../report/snapshots.ts';
import { evidenceOfFleet } from './frame/fleet-evidence.ts';
import { type Chosen, chooseJobs } from './frame/jobs.ts';
import type { Options } from './frame/options.ts';
import { ofTerminal } from './frame/terminal.ts';

const usualLines = 20;
/** The limit for a span of time, which is shown whole otherwise. */
const mostLines = 10_000;
/** Runs in the strip of a job, and jobs that have one. */
const stripLength = 30;
const mostStrips = 20;

export async function history(options: Options, config: Config): Promise<number> {
  const order = readOrder(options);
  if (typeof order === 'string') return refuse('jobctl', order);
  const chosen = chooseJobs(options, config, 'all', { recorded: true });
  if (!chosen.ok) return chosen.exitCode;
  const { jobs, slugs } = chosen;
  if (options.days) return printDays(chosen, options);
  const newest = new Newest(order.count);
  const strips = new Map<string, readonly StripItem[]>();
  const terminal = options.json ? {} : ofTerminal();
  for (const slug of slugs) {
    const entries = jobs.entries(slug);
    newest.add(selectEntries(entries, order.filter, clock.nowMs()));
    if (terminal.terminal !== undefined)
      strips.set(slug, stripIn(entries, order.filter, { nowMs: clock.nowMs(), most: stripLength }));
  }
  const hidden = slugs.filter((slug) => sayHidden(slug, jobs.hidden(slug)));
  const shown = newest.entries();
  const isOne = options.tag === undefined && slugs.length === 1 && (options.names?.length ?? 1) > 0;
  if (options.json) print(shown.map((entry) => `${JSON.stringify(entryValue(entry))}\n`).join(''));
  else if (shown.length === 0 && hidden.length === 0) say('jobctl', nothingWords(slugs, options));
  else printHistory(shown, { ...terminal, formatTime: timeText(hostZone()), named: !isOne }, strips);
  if (isOne && !options.json && slugs[0] !== undefined) await printFleet(slugs[0], jobs, config);
  const isWindow = order.filter.sinceMs !== undefined && options.lines === undefined;
  if (isWindow && newest.seen > shown.length)
    say('jobctl', `these are the newest ${shown.length} of ${newest.seen}; -n N shows more, --until earlier ones`);
  return hidden.length === 0 ? 0 : 1;
}

/** Each line was made printable; colours are our own. */
function printHistory(
  shown: readonly HistoryEntry[],
  view: HistoryView,
  strips: ReadonlyMap<string, readonly StripItem[]>,
): void {
  const jobs = [...new Set(shown.map(({ job }) => job))].sort();
  const listed = jobs.flatMap((job) => {
    const items = strips.get(job) ?? [];
    return items.length === 0 ? [] : [{ job, items }];
  });
  const head = view.terminal === undefined || jobs.length > mostStrips ? '' : stripsText(listed, view.terminal);
  printBytes(Buffer.from(head + historyText(shown, view)));
}

/** A run of another host is in the history of that host alone. */
async function printFleet(slug: string, jobs: Jobs, config: Config): Promise<void> {
  const fleet = await evidenceOfFleet(slug, jobs.load(slug), config);
  if (fleet !== undefined && fleet.is !== 'read')
    say('jobctl', `the runs of other hosts are not known: ${fleet.reason}`);
  if (fleet !== undefined) print(fleetHistoryText(fleet, timeText(hostZone())));
}

function printDays({ jobs, slugs }: Extract<Chosen, { ok: true }>, { json }: Options): number {
  const formatTime = timeText(hostZone());
  for (const slug of slugs) {
    const days = jobs.days(slug);
    if (json) print(days.map((day) => `${JSON.stringify({ job: slug, ...day })}\n`).join(''));
    else if (days.length > 0) print(`${slugs.length > 1 ? `${slug}\n` : ''}${daysText(days, formatTime)}`);
  }
  return 0;
}

/** True when the job has a history that can't be read, which is said. */
function sayHidden(slug: string, hidden: string | undefined): boolean {
  const words = hiddenWords(hidden);
  if (words !== undefined) say('jobctl', `${slug}: ${words}`);
  return words !== undefined;
}

function nothingWords(slugs: readonly string[], { failed, slow, since, until, names = [], tag }: Options): string {
  if (failed || slow || since !== undefined || until !== undefined) return 'the history has no such entries';
  return names.length > 0 || tag !== undefined ? `${slugs.join(', ')} has never run` : 'no job has ever run';
}

interface Order {
  readonly count: number;
  readonly filter: HistoryFilter;
}

function readOrder({ lines, since, until, failed, slow }: Options): Order | string {
  const now = { nowMs: clock.nowMs(), zone: hostZone(), leaning: 'past' } as const;
  const count = Number(lines ?? (since === undefined ? usualLines : mostLines));
  if (!Number.isInteger(count) || count < 1) return `--lines must be a whole number, found "${lines}"`;
  const sinceMs = since === undefined ? undefined : parseMoment(since, now);
  if (since !== undefined && sinceMs === undefined) return `--since must be ${momentForms(now)}, found "${since}"`;
  const untilMs = until === undefined ? undefined : parseMoment(until, now);
  if (until !== undefined && untilMs === undefined) return `--until must be ${momentForms(now)}, found "${until}"`;
  if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs) return '--until is earlier than --since';
  const filter = {
    ...defined({ sinceMs, untilMs }),
    ...(failed && { failed }),
    ...(slow && { slow }),
  };
  return { count, filter };
}
