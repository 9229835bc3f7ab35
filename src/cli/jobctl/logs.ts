/** `jobctl logs`: prints the log of a run, and goes on while the run does. */
import { closeSync, readSync } from 'node:fs';
import path, { basename } from 'node:path';
import process from 'node:process';
import { createGunzip } from 'node:zlib';
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome.ts';
import { readLogName } from '../../run/retention.ts';
import { OddFileError, openCarefully, streamOf } from '../../system/careful-file.ts';
import { clock } from '../../system/clock.ts';
import { unreadableLogWords } from '../parts/log-access.ts';
import { realLocks } from '../parts/machine.ts';
import { print, printBytes, say } from '../parts/output.ts';
import type { Jobs } from '../parts/snapshots.ts';
import { chooseJobs } from './jobs.ts';
import type { Options } from './options.ts';

const pollMs = 200;
const chunkBytes = 64 * 1024;

export async function logs(options: Options, config: Config): Promise<number> {
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  const { jobs, slugs } = chosen;
  const [only = ''] = slugs;
  if (slugs.length === 1) return logOf(only, jobs, options, config);
  if (options.follow || options.run !== undefined) return wrong('--follow and --run are about one job; name it');
  // As tail(1) shows several files.
  let code = 0;
  for (const slug of slugs) {
    print(`==> ${slug} <==\n`);
    code = Math.max(code, await logOf(slug, jobs, options, config));
  }
  return code;
}

async function logOf(slug: string, jobs: Jobs, options: Options, config: Config): Promise<number> {
  const withLog = jobs.runs(slug).filter(({ logPath }) => logPath !== undefined);
  const found = options.run === undefined ? withLog.at(-1) : withLog.find(({ run }) => run === options.run);
  if (found?.logPath === undefined) {
    return wrong(options.run === undefined ? `${slug} has no log yet` : `${slug} has no run ${options.run} with a log`);
  }
  // The history is the service user's to write; root, who may read everything, must not be led to show something else.
  const name = basename(found.logPath);
  if (readLogName(slug, name) === undefined) return refuse(`${found.logPath} is no name of a log of ${slug}`);
  const isRunning = () => realLocks(config, () => undefined).holder(slug)?.runId === found.run;
  return show(
    { outputDirectory: config.outputDirectory, slug, name },
    options.follow === true ? isRunning : () => false,
  );
}

function wrong(words: string): number {
  say('jobctl', words);
  return exitCodes.usage;
}

/** Reads to the end; as long as the run lives there may be more. What is written between the last look and its death is read after it. */
export async function show(log: LogPlace, isRunning: () => boolean): Promise<number> {
  const opened = open(log) ?? open({ ...log, name: `${log.name}.gz` });
  if (opened === undefined) return refuse(`${pathOf(log)} is gone; old logs are removed as log_retention says`);
  if ('words' in opened) return refuse(opened.words);
  const { fd } = opened;
  if (opened.name !== log.name) return showCompressed(fd, pathOf(opened));
  try {
    for (let alive = true; alive; ) {
      alive = isRunning();
      if (!printRest(fd)) return 0;
      if (alive) await new Promise<void>((resolve) => clock.after(pollMs, resolve));
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}

/** A log of a job, below the output directory that holds now: what a history says of other places is not believed. */
interface LogPlace {
  readonly outputDirectory: string;
  readonly slug: string;
  readonly name: string;
}

function pathOf({ outputDirectory, slug, name }: LogPlace): string {
  return path.join(outputDirectory, slug, name);
}

/** `undefined` when there is no such file. */
function open(log: LogPlace): (LogPlace & { readonly fd: number }) | { readonly words: string } | undefined {
  try {
    return { ...log, fd: openCarefully(log.outputDirectory, `${log.slug}/${log.name}`) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (error instanceof OddFileError) return { words: `${pathOf(log)}: ${message}` };
    return { words: code === 'EACCES' ? unreadableLogWords(pathOf(log), typed()) : message };
  }
}

function refuse(words: string): number {
  say('jobctl', words);
  return exitCodes.internal;
}

async function showCompressed(fd: number, file: string): Promise<number> {
  try {
    const gunzip = createGunzip();
    streamOf(fd)
      .on('error', (error) => gunzip.destroy(error))
      .pipe(gunzip);
    for await (const chunk of gunzip) if (!printBytes(chunk)) break;
    return 0;
  } catch (error) {
    return refuse(`${file}: ${(error as Error).message}`);
  }
}

function printRest(fd: number): boolean {
  const chunk = Buffer.alloc(chunkBytes);
  for (;;) {
    const length = readSync(fd, chunk, 0, chunkBytes, null);
    if (length === 0) return true;
    if (!printBytes(chunk.subarray(0, length))) return false;
  }
}

/** What the person typed, to be typed again behind sudo. */
function typed(): string {
  return ['jobctl', ...process.argv.slice(3)]
    .map((word) => (/^[\w.:@/=-]+$/.test(word) ? word : `'${word}'`))
    .join(' ');
}
