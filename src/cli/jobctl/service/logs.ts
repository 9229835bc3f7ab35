/**
 * `jobctl logs` of an instance: prints its newest log, or as many logs as the lines that were asked
 * for reach back to. With --follow it goes on, also in the next logs, until Ctrl-C.
 */
import path from 'node:path';
import type { Config } from '../../../config/config.ts';
import type { LogReader } from '../../../system/log-files/log-reader.ts';
import { instanceLogs, laterLogs } from '../../../system/run-log/service-logs.ts';
import { print } from '../../frame/output.ts';
import { refuse } from '../../frame/refuse.ts';
import type { Options } from '../frame/options.ts';
import { type ServiceTarget, sayGone, targetName } from '../frame/target.ts';
import { type LogPart, partsOf, showParts } from '../log/parts.ts';
import { type LogPlace, LogPrinter, type LogView, logView, openReader, untilNextLook } from '../log/view.ts';

interface Place {
  /** The name of the instance. */
  readonly name: string;
  readonly outputDirectory: string;
  readonly slug: string;
  readonly directory: string;
  readonly stem: string;
}

export async function serviceLogs(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { slug } = target;
  const { instances } = target.service;
  if (options.run !== undefined) return refuse('jobctl', 'a service has no runs; leave out --run');
  const view = logView(options);
  if (typeof view === 'string') return refuse('jobctl', view);
  sayGone(target, config);
  if (target.instance !== undefined || instances === 1) return instanceLog(target, view, options, config);
  if (options.follow)
    return refuse('jobctl', `${slug} has a log for each instance; name one: jobctl logs ${slug}.0 --follow`);
  let code = 0;
  for (let instance = 0; instance < instances; instance += 1) {
    print(`==> ${slug}.${instance} <==\n`);
    code = Math.max(code, await instanceLog({ ...target, instance }, view, options, config));
  }
  return code;
}

async function instanceLog(target: ServiceTarget, view: LogView, options: Options, config: Config): Promise<number> {
  const { slug, instance = 0 } = target;
  const name = targetName(target);
  const { outputDirectory } = config;
  const stem = `${slug}.${instance}`;
  const place: Place = { name, outputDirectory, slug, directory: path.join(outputDirectory, slug), stem };
  if (options.follow) return follow(place, view);
  const printer = new LogPrinter(view);
  const shown = await parts(place, instanceLogs(place.directory, place.stem), view, printer);
  if (shown.length > 0) return showParts(shown, printer);
  return printer.refuse(`${name} has no log yet`);
}

/**
 * The logs that the view reaches, oldest first: the newest one, and older ones if lines or a time
 * are asked for.
 */
function parts(
  { outputDirectory, slug }: Place,
  logs: readonly string[],
  view: LogView,
  printer: LogPrinter,
): Promise<readonly LogPart<LogPlace>[]> {
  const reached = view.lines === undefined && view.since === undefined ? logs.slice(-1) : logs;
  return partsOf(
    reached.map((name) => ({ outputDirectory, slug, name })),
    view,
    printer,
  );
}

async function follow(place: Place, view: LogView): Promise<number> {
  const { directory, stem, name } = place;
  const printer = new LogPrinter(view);
  let [current] = instanceLogs(directory, stem).slice(-1);
  if (current === undefined) {
    printer.say(`${name} has no log yet; waiting for it`);
    while (current === undefined) {
      await untilNextLook();
      [current] = instanceLogs(directory, stem);
    }
  }
  const shown = await parts(place, [...earlierLogs(place, current), current], view, printer);
  await showParts(shown.slice(0, -1), printer);
  const { lines: _lines, since: _since, ...whole } = view;
  for (let seen = view; ; seen = whole) {
    const opened = openReader({ ...place, name: current }, seen, printer);
    // It was removed between two looks.
    if (opened !== undefined && 'words' in opened) return refuse('jobctl', opened.words);
    if (opened !== undefined && !(await followPage(opened.reader, () => isFull(place, current ?? '')))) return 0;
    current = await nextLog(place, current);
  }
}

function earlierLogs({ directory, stem }: Place, current: string): readonly string[] {
  const logs = instanceLogs(directory, stem);
  return logs.slice(0, Math.max(0, logs.indexOf(current)));
}

function isFull({ directory, stem }: Place, current: string): boolean {
  return laterLogs(directory, stem, current).length > 0;
}

async function nextLog({ directory, stem }: Place, current: string): Promise<string> {
  for (;;) {
    const [next] = laterLogs(directory, stem, current);
    if (next !== undefined) return next;
    await untilNextLook();
  }
}

/**
 * Follows a log until the next one exists, and for one more look: the last lines of a full log may
 * be written after the next one was made.
 */
async function followPage(reader: LogReader, isOver: () => boolean): Promise<boolean> {
  try {
    for (let was = false; ; ) {
      const over = isOver();
      if (!reader.read()) return false;
      if (over && was) return true;
      was = over;
      await untilNextLook();
    }
  } finally {
    reader.close();
  }
}
