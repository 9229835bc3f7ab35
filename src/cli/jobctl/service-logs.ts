/** `jobctl logs` of an instance: its newest log, and with --follow whatever comes, in the next logs too, until the person ends it. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome.ts';
import type { LogReader } from '../../system/log-reader.ts';
import { instanceLogs, laterLogs } from '../../system/service-logs.ts';
import { say } from '../parts/output.ts';
import { LogPrinter, type LogView, logView, openReader, showLog } from './log-view.ts';
import { pause } from './logs.ts';
import type { Options } from './options.ts';
import { type ServiceTarget, targetName } from './service-target.ts';

interface Place {
  readonly name: string;
  readonly outputDirectory: string;
  readonly slug: string;
  readonly directory: string;
  readonly stem: string;
}

export async function serviceLogs(target: ServiceTarget, options: Options, config: Config): Promise<number> {
  const { slug } = target;
  const { instances } = target.service;
  if (options.run !== undefined) return refuse('a service has no runs; leave out --run');
  if (target.instance === undefined && instances > 1) {
    return refuse(`${slug} has a log for each instance: jobctl logs ${slug}.0 to ${slug}.${instances - 1}`);
  }
  const view = logView(options);
  if (typeof view === 'string') return refuse(view);
  const instance = target.instance ?? 0;
  const name = targetName(target);
  const { outputDirectory } = config;
  const stem = `${slug}.${instance}`;
  const place: Place = { name, outputDirectory, slug, directory: path.join(outputDirectory, slug), stem };
  if (options.follow) return follow(place, view);
  const found = instanceLogs(place.directory, place.stem);
  const shown = view.since === undefined ? found.slice(-1) : found;
  if (shown.length === 0) return refuse(`${name} has no log yet`);
  const printer = new LogPrinter(view);
  let code = 0;
  for (const log of shown) code = Math.max(code, await showLog({ ...place, name: log }, view, printer));
  return code;
}

async function follow(place: Place, view: LogView): Promise<number> {
  const { directory, stem, name } = place;
  const printer = new LogPrinter(view);
  let [current] = instanceLogs(directory, stem).slice(-1);
  if (current === undefined) {
    printer.say(`${name} has no log yet; waiting for it`);
    while (current === undefined) {
      await pause();
      [current] = instanceLogs(directory, stem);
    }
  }
  const { lines: _lines, since: _since, ...whole } = view;
  for (let seen = view; ; seen = whole) {
    const opened = openReader({ ...place, name: current }, seen, printer);
    // It was removed between two looks.
    if (opened !== undefined && 'words' in opened) return refuse(opened.words);
    if (opened !== undefined && !(await followPage(opened.reader, () => isFull(place, current ?? '')))) return 0;
    current = await nextLog(place, current);
  }
}

function isFull({ directory, stem }: Place, current: string): boolean {
  return laterLogs(directory, stem, current).length > 0;
}

async function nextLog({ directory, stem }: Place, current: string): Promise<string> {
  for (;;) {
    const [next] = laterLogs(directory, stem, current);
    if (next !== undefined) return next;
    await pause();
  }
}

/** Until another log has followed, and a moment longer: the last lines of a full one are written while the next one is there already. */
async function followPage(reader: LogReader, isOver: () => boolean): Promise<boolean> {
  try {
    for (let was = false; ; ) {
      const over = isOver();
      if (!reader.read()) return false;
      if (over && was) return true;
      was = over;
      await pause();
    }
  } finally {
    reader.close();
  }
}

function refuse(words: string): number {
  say('jobctl', words);
  return exitCodes.usage;
}
