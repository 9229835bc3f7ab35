/**
 * `jobctl logs` of jobs: prints the log of a run. With --follow it goes on while the run does, or
 * waits for the next run.
 */
import { basename } from 'node:path';
import type { Config } from '../../../config/config.ts';
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import { readLogName } from '../../../run/retention/retention.ts';
import { quietly, readLinkIn } from '../../../system/file/careful-file.ts';
import { realLocks } from '../../frame/host.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import type { Jobs } from '../../report/snapshots.ts';
import { notDone } from '../frame/answers.ts';
import { chooseJobs } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { partsOf, showParts } from './parts.ts';
import { type LogPlace, LogPrinter, type LogView, logView, openReader, untilNextLook } from './view.ts';

interface Asked {
  readonly options: Options;
  readonly view: LogView;
  readonly jobs: Jobs;
  readonly config: Config;
}

export async function logs(options: Options, config: Config): Promise<number> {
  const chosen = chooseJobs(options, config, 'refuse', { recorded: true });
  if (!chosen.ok) return chosen.exitCode;
  const view = logView(options);
  if (typeof view === 'string') return refuse('jobctl', view);
  const { jobs, slugs } = chosen;
  const asked: Asked = { options, view, jobs, config };
  const [only = ''] = slugs;
  if (slugs.length === 1) return logOf(only, asked);
  if (options.follow || options.run !== undefined)
    return refuse('jobctl', '--follow and --run are about one job; name it');
  // As tail(1) shows several files.
  let code = 0;
  for (const slug of slugs) {
    print(`==> ${slug} <==\n`);
    code = Math.max(code, await logOf(slug, asked));
  }
  return code;
}

async function logOf(slug: string, asked: Asked): Promise<number> {
  const { options, view, jobs } = asked;
  const withLog = runsWithLog(slug, jobs);
  const found = options.run === undefined ? withLog.at(-1) : withLog.find(({ run }) => run === options.run);
  if (options.run !== undefined && found === undefined)
    return refuse('jobctl', `${slug} has no run ${options.run} with a log`);
  const printer = new LogPrinter(view);
  if (options.follow) return follow(slug, found, { ...asked, printer });
  if (found === undefined) return printer.refuse(`${slug} has no log yet`);
  const shown = view.sinceMs === undefined || options.run !== undefined ? [found] : runsSince(withLog, view.sinceMs);
  return showRuns(slug, shown, { ...asked, printer });
}

type RunWithLog = RunSnapshot & { readonly logPath: string };

function runsWithLog(slug: string, jobs: Jobs): readonly RunWithLog[] {
  return jobs.runs(slug).flatMap((run) => (run.logPath === undefined ? [] : [{ ...run, logPath: run.logPath }]));
}

/** The runs that had not ended by then; which lines are shown is decided in the log. */
function runsSince(runs: readonly RunWithLog[], sinceMs: number): readonly RunWithLog[] {
  return runs.filter(({ endedMs }) => endedMs === undefined || endedMs >= sinceMs);
}

interface Showing extends Asked {
  readonly printer: LogPrinter;
}

async function showRuns(slug: string, runs: readonly RunWithLog[], showing: Showing): Promise<number> {
  const { view, printer, config } = showing;
  const refusals = runs.flatMap(({ logPath }) => nameRefusal(slug, logPath) ?? []);
  for (const refusal of refusals) printer.say(refusal);
  const named = runs.filter(({ logPath }) => nameRefusal(slug, logPath) === undefined);
  const places = named.map((run) => placeOf(slug, run, config));
  const code = await showParts(await partsOf(places, view, printer), printer);
  return refusals.length > 0 ? Math.max(code, notDone) : code;
}

/**
 * The place of the log below the present output directory. A history that names another place is
 * not believed.
 */
function placeOf(slug: string, { logPath }: RunWithLog, { outputDirectory }: Config): LogPlace {
  return { outputDirectory, slug, name: basename(logPath), recorded: logPath };
}

/**
 * The service user can write the history, so it must not lead root, who may read everything, to
 * another file.
 */
function nameRefusal(slug: string, logPath: string): string | undefined {
  return readLogName(slug, basename(logPath)) === undefined
    ? `${logPath} is not the name of a log of ${slug}`
    : undefined;
}

/**
 * Follows the run under way to its end. If there is none, shows the last log and follows the next
 * run; but a run that was asked for by its id is the only one.
 */
async function follow(slug: string, found: RunWithLog | undefined, showing: Showing): Promise<number> {
  const { options, config, printer, view } = showing;
  if (found !== undefined && (options.run !== undefined || isRunning(slug, found, config)))
    return followRun(slug, found, showing);
  const before = latestName(slug, config);
  if (found !== undefined) {
    const code = await showRuns(slug, [found], showing);
    if (code !== 0) return code;
  }
  printer.say(`${slug} is not running; waiting for its next run`);
  const next = await nextRun(slug, { found, before }, showing);
  const { lines: _lines, since: _since, ...whole } = view;
  return followRun(slug, next, { ...showing, view: whole });
}

function isRunning(slug: string, { run }: RunSnapshot, config: Config): boolean {
  return realLocks(config, () => undefined).holder(slug)?.runId === run;
}

/** The target of `latest.log`, which changes with every new run, however short. */
function latestName(slug: string, { outputDirectory }: Config): string | undefined {
  return quietly(() => readLinkIn(outputDirectory, `${slug}/latest.log`));
}

async function nextRun(
  slug: string,
  { found, before }: { readonly found: RunWithLog | undefined; readonly before: string | undefined },
  { jobs, config }: Showing,
): Promise<RunWithLog> {
  for (;;) {
    await untilNextLook();
    const latest = latestName(slug, config);
    if (latest === before) continue;
    // It stands in the history a moment after it has made its log.
    const runs = runsWithLog(slug, jobs);
    const at = runs.findIndex(({ run }) => run === found?.run);
    const next = at >= 0 ? runs[at + 1] : runs.find(({ logPath }) => basename(logPath) === latest);
    if (next !== undefined) return next;
  }
}

/**
 * Reads to the end, again and again while the run lives, and once more after it: a run may write
 * between the last look and its end.
 */
async function followRun(slug: string, run: RunWithLog, showing: Showing): Promise<number> {
  const { view, printer, config } = showing;
  const refusal = nameRefusal(slug, run.logPath);
  if (refusal !== undefined) return printer.refuse(refusal);
  const opened = openReader(placeOf(slug, run, config), view, printer);
  if (opened === undefined) return showRuns(slug, [run], showing);
  if ('words' in opened) return printer.refuse(opened.words);
  try {
    for (let alive = true; alive; ) {
      alive = isRunning(slug, run, config);
      if (!opened.reader.read()) return 0;
      if (alive) await untilNextLook();
    }
    return 0;
  } finally {
    opened.reader.close();
  }
}
