/** Everything that the page reads of this host, as the programs for operators read it. Nothing is written. */
import type { Config } from '../../../config/config.ts';
import { jobPath } from '../../../job/folder.ts';
import { changing } from '../../../report/advice.ts';
import { StartsPerMinute } from '../../../report/clock/crowded.ts';
import type { Installed } from '../../../report/clock/installed.ts';
import { inOrder, type UpcomingTick, upcomingStream } from '../../../report/clock/upcoming.ts';
import type { HostSnapshot } from '../../../report/host-snapshot.ts';
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import type { LastWords } from '../../../report/text/failing.ts';
import type { HistoryEntry } from '../../../report/text/history.ts';
import { type AnySnapshot, isBroken } from '../../../report/text/job.ts';
import { usualMsOf } from '../../../report/usual.ts';
import { type Answer, answerOf } from '../../../report/why/answer.ts';
import type { Finding } from '../../../report/why/finding.ts';
import { explain } from '../../../report/why/why.ts';
import type { DayLine } from '../../../run/history/days.ts';
import type { StripItem } from '../../../run/history/strip.ts';
import { readPauses } from '../../../run/pause/pause.ts';
import { readSystemLogFiles } from '../../../system/cron/system-log.ts';
import { files } from '../../../system/file/files.ts';
import { sha256 } from '../../../system/file/hash.ts';
import { stateFiles } from '../../../system/state/state-files.ts';
import { clock } from '../../../system/time/clock.ts';
import { users } from '../../../system/user/users.ts';
import { defined } from '../../../text/defined.ts';
import { formatProblem } from '../../../text/problem.ts';
import { clockReader, daemonEvidence, installCommand, readInstalled } from '../../crontab/installed.ts';
import { delayOf } from '../../frame/splay.ts';
import { hostZones } from '../../frame/zones.ts';
import { commandForms } from '../../report/command-forms.ts';
import { crontabEvidence } from '../../report/crontab-evidence.ts';
import { gatherEvidence } from '../../report/evidence.ts';
import type { JobMemory } from '../../report/job-memory.ts';
import { failedLog, lastWordsOf } from '../../report/last-words.ts';
import { type Jobs, openJobs } from '../../report/snapshots.ts';
import { timesOf } from '../../report/times.ts';

import type { HistoryIndex } from '../index/history-index.ts';
import type { LatestSnapshot } from '../latest/latest-snapshot.ts';
import type { FollowedLog } from './follow-log.ts';
import { followedInstance, followedRun } from './followed.ts';

import { type Lanes, lanesIn } from './lanes.ts';
import { type Newest, type NewestOrder, newestEntries } from './newest.ts';
import { instanceLogPlace, type LogPart, type LogPlace, type LogQuery, readLog, runLogPlace } from './run-log.ts';
import { shownEntries } from './shown-entries.ts';
import { isIn, type Span } from './span.ts';

export interface HostReader {
  snapshot(): HostSnapshot;
  /** Resolves when `snapshot` takes no time any more. */
  ready(): Promise<void>;
  /** The end of the log of what has failed; absent when there is no log. */
  lastWords(job: AnySnapshot): LastWords | undefined;
  /** Milliseconds; absent while too few runs have succeeded. */
  usualMs(slug: string): number | undefined;
  record(slug: string): JobRecord;
  /** The runs of each job that were under way in a span of time. */
  runsIn(slugs: readonly string[], span: Span): ReadonlyMap<string, readonly RunSnapshot[]>;
  /** The same in the least room. */
  lanesIn(jobs: readonly AnySnapshot[], span: Span): Promise<Lanes>;
  /** The starts to come in a span of time, in their order. */
  ticksIn(slugs: readonly string[], span: Span): readonly UpcomingTick[];
  /** Another number whenever the runs on record are others. */
  edition(): number;
  /** The newest of what happened to these jobs. */
  newest(order: NewestOrder): Promise<Newest>;
  why(slug: string, askedMs?: number): WhyAnswer | undefined;
  /** The log of a run, or of an instance of a service; `undefined` when there is no such log. */
  logPlace(slug: string, log: LogOf): LogPlace | undefined;
  log(place: LogPlace, query: LogQuery): Promise<LogPart>;
  /** The same log as one that is followed; `from` is the one of an instance's logs that a reader was in. */
  followed(slug: string, log: LogOf, from?: string): FollowedLog | undefined;
  /** The command that starts a job again, as this reader has to type it. */
  startCommand(slug: string): string;
  /** Commands that end what is wrong with the host. */
  hostCommands(): HostCommands;
}

type LogOf = { readonly run: string } | { readonly instance: number };

/** All that is on record about one job, and the text of its line. */
export interface JobRecord {
  /** Oldest first. */
  readonly entries: readonly HistoryEntry[];
  readonly days: readonly DayLine[];
  readonly file?: {
    readonly path: string;
    readonly owner: string;
    readonly changedMs: number;
    readonly sha256?: string;
  };
  readonly crontab: {
    readonly path: string;
    readonly line?: string;
    /** The line that cron-generate would write, when it is another one. */
    readonly wanted?: string;
  };
  /** The next starts. */
  readonly next: readonly UpcomingTick[];
}

export interface WhyAnswer {
  readonly answer: Answer;
  readonly findings: readonly Finding[];
}

interface HostCommands {
  readonly startCron?: string;
  readonly install: string;
}

/** More of a job file is no job file. */
const fileBytes = 256 * 1024;
const nextTicks = 5;
/** Job files and pauses are listed anew after so long. */
const openMs = 1000;
/** A job of every minute has as many ticks a day. */
const mostTicksOfJob = 1440;

/** The latest snapshot is what the views are made from; it may be a moment old. */
export function hostReader(
  config: Config,
  { get: snapshot, ready }: Pick<LatestSnapshot, 'get' | 'ready'>,
  memory: JobMemory,
  index: HistoryIndex,
): HostReader {
  let latest: { readonly opened: Opened; readonly untilMs: number } | undefined;
  const open = (): Opened => {
    if (latest !== undefined && clock.monotonicMs() < latest.untilMs) return latest.opened;
    const installed = readInstalled(config);
    const opened = openJobs(config, timesOf(config, installed), memory);
    if (!opened.ok) throw new Error(formatProblem(opened.problem));
    latest = { opened: { config, jobs: opened.jobs, installed }, untilMs: clock.monotonicMs() + openMs };
    return latest.opened;
  };
  const jobs = () => open().jobs;
  const entries = shownEntries(index, (slug) => jobs().entries(slug));
  const ticks = (slugs: readonly string[], { fromMs, untilMs }: Partial<Span> & Pick<Span, 'fromMs'>, count: number) =>
    ticksOf(slugs, { ...open(), fromMs, count, ...defined({ untilMs }) });
  return {
    snapshot,
    ready,
    lanesIn: (all, span) => lanesIn({ index, runs: jobs().runs }, all, span),
    lastWords: (job) => (isBroken(job) ? undefined : lastWordsOf(failedLog(job), `jobctl logs ${job.slug}`, config)),
    usualMs(slug) {
      index.read(slug);
      const items: StripItem[] = [];
      index.each(slug, (marks) => {
        for (const item of marks.items()) items.push(item);
      });
      return usualMsOf(items);
    },
    record: (slug) => recordOf(slug, { ...open(), next: ticks([slug], { fromMs: clock.nowMs() }, nextTicks) }),
    runsIn(slugs, span) {
      const opened = jobs();
      return new Map(slugs.map((slug) => [slug, opened.runs(slug).filter((run) => isIn(run, span))]));
    },
    ticksIn: (slugs, span) => ticks(slugs, span, mostTicksOfJob),
    edition: () => index.edition,
    newest: (order) => newestEntries({ index, entries }, order),
    why: (slug, askedMs) => whyOf(slug, askedMs, open()),
    logPlace: (slug, log) =>
      'run' in log
        ? runLogPlace(
            slug,
            jobs()
              .runs(slug)
              .find(({ run }) => run === log.run)?.logPath,
            config,
          )
        : instanceLogPlace(slug, log.instance, config),
    log: (place, query) => readLog(place, query),
    followed: (slug, log, from) =>
      'run' in log
        ? followedRun(slug, log.run, { config, runs: () => jobs().runs(slug) })
        : followedInstance(slug, log.instance, from, config),
    startCommand: (slug) => changing(commandForms(config), `start ${slug}`),
    hostCommands() {
      const daemon = daemonEvidence();
      return { install: installCommand(config), ...(daemon.is === 'absent' && defined({ startCron: daemon.start })) };
    },
  };
}

interface Opened {
  readonly config: Config;
  readonly jobs: Jobs;
  readonly installed: Installed;
}

interface TicksOrder extends Opened {
  readonly fromMs: number;
  readonly untilMs?: number;
  readonly count: number;
}

function ticksOf(slugs: readonly string[], order: TicksOrder): readonly UpcomingTick[] {
  const { config, jobs, installed, ...span } = order;
  const clockOf = clockReader(config, installed);
  const zones = hostZones(config.stateDirectory);
  const pauses = readPauses(stateFiles(config.stateDirectory));
  const streams = slugs.flatMap((slug) => {
    const loaded = jobs.load(slug);
    if (!loaded?.ok || loaded.value.service !== undefined) return [];
    const job = { ...loaded.value, delayMs: delayOf(loaded.value), clock: clockOf(loaded.value) };
    return [upcomingStream(job, { ...span, zones, pauses }).ticks];
  });
  const found: UpcomingTick[] = [];
  for (const tick of inOrder(streams)) {
    found.push(tick);
    if (found.length >= mostTicks) break;
  }
  return slugs.length === 1 ? found.slice(0, order.count) : found;
}

/** A listing of more would not be read, and must not stall the page. */
const mostTicks = 100_000;

/** The minutes with the most starts first. */
export function crowdedMinutes(ticks: readonly UpcomingTick[]): ReturnType<StartsPerMinute['crowded']> {
  const minutes = new StartsPerMinute();
  for (const tick of ticks) minutes.add(tick);
  return minutes.crowded();
}

function recordOf(slug: string, { config, jobs, installed, next }: Opened & Pick<JobRecord, 'next'>): JobRecord {
  const loaded = jobs.load(slug);
  const { line, wanted } = crontabEvidence(slug, loaded?.ok ? loaded.value : undefined, { config, installed });
  const file = fileOf(jobPath(slug, config), config);
  return {
    entries: jobs.entries(slug),
    days: jobs.days(slug),
    crontab: {
      path: (installed.lines.get(slug)?.part ?? installed.main).path,
      ...defined({ line, wanted: wanted === line ? undefined : wanted }),
    },
    ...defined({ file }),
    next,
  };
}

function fileOf(path: string, { jobDirectory }: Config): JobRecord['file'] {
  const read = files.readRegular(path, { limitBytes: fileBytes, inside: jobDirectory });
  const facts = read.is === 'read' ? read.facts : files.facts(path);
  if (facts === undefined) return undefined;
  return {
    path,
    owner: users.find(String(facts.uid))?.name ?? String(facts.uid),
    changedMs: facts.mtimeMs,
    ...(read.is === 'read' && { sha256: sha256(read.bytes) }),
  };
}

function whyOf(slug: string, askedMs: number | undefined, { config, jobs, installed }: Opened): WhyAnswer | undefined {
  const loaded = jobs.load(slug);
  const snapshot = jobs.snapshot(slug);
  if (loaded === undefined && snapshot === undefined) return undefined;
  const order = { slug, loaded, snapshot, config, installed, forms: commandForms(config) };
  // The page starts no program.
  const evidence = gatherEvidence({ ...order, ...defined({ askedMs }), systemLog: readSystemLogFiles });
  const explanation = explain(evidence);
  const words = lastWordsOf(explanation.run?.logPath, `jobctl why ${slug}`, config);
  return { answer: answerOf(explanation, evidence, words), findings: explanation.findings };
}
