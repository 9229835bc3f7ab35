/**
 * The claimed ticks of each job, as symbolic links `STATE/ticks/NAME/20261122T103000Z -> RUN`.
 * symlink(2) creates a name and its content in one step, and only if the name is free: the kernel
 * refuses the second run, also over NFS, without a lock, and no reader sees half a claim.
 */
import { closeSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { defined } from '../../text/defined.ts';
import { attempt } from '../file/attempt.ts';
import { inDirectory, namesIn, pinned, quietly, readLinkIn } from '../file/careful-file.ts';
import { flock } from '../file/flock.ts';
import { openDirectory, syncDirectory } from '../file/new-file.ts';
import type { ClaimAnswer, TickClaims } from '../types/state.ts';
import { readSmall, replace } from './state-files.ts';

const markName = 'since';
/** The suffix of the run's id until the run begins. */
const waiting = ' waits';

export function tickClaims(stateDirectory: string): TickClaims {
  const folder = (slug: string) => path.join(stateDirectory, 'ticks', slug);
  const link = (slug: string, tickMs: number) => path.join(folder(slug), nameOf(tickMs));
  const holder = (slug: string, tickMs: number) =>
    quietly(() => readLinkIn(stateDirectory, `ticks/${slug}/${nameOf(tickMs)}`));
  const read = (slug: string) =>
    quietly(() => inDirectory(stateDirectory, `ticks/${slug}`, readAccount)) ?? { claimed: [] };
  return {
    take(slug, tickMs, { run, waits, lasting }) {
      const answer = take(link(slug, tickMs), waits ? `${run}${waiting}` : run, () => holder(slug, tickMs));
      if (answer.is !== 'taken' || !lasting) return answer;
      const kept = attempt(() => syncDirectory(folder(slug)));
      return kept.ok ? answer : { is: 'failed', reason: kept.reason };
    },
    begin: (slug, tickMs, run) =>
      attempt(() => {
        const temporary = path.join(folder(slug), `.${run}`);
        symlinkSync(run, temporary);
        renameSync(temporary, link(slug, tickMs));
      }),
    list: (slug) => read(slug).claimed,
    read,
    find(slug, tickMs) {
      const target = holder(slug, tickMs);
      const atMs = quietly(() =>
        pinned(stateDirectory, `ticks/${slug}/${nameOf(tickMs)}`, ({ facts }) => facts.mtimeMs),
      );
      if (target === undefined || atMs === undefined) return undefined;
      return { run: runOf(target), waits: target.endsWith(waiting), atMs };
    },
    drop(slug, ticks) {
      for (const tickMs of ticks) attempt(() => rmSync(link(slug, tickMs), { force: true }));
    },
    writeMark: (slug, text) => attempt(() => replace(folder(slug), markName, { text })),
    alone: (slug, act) => alone(folder(slug), act),
  };
}

/** The lock is the kernel's, on the directory itself: it needs no file, and ends with its holder. */
function alone<T>(directory: string, act: () => T): T | undefined {
  const fd = quietly(() => openDirectory(directory));
  if (fd === undefined) return act();
  try {
    return isBusy(fd) ? undefined : act();
  } finally {
    closeSync(fd);
  }
}

/** False also on a host without flock(1): a record that comes twice is better than none. */
function isBusy(fd: number): boolean {
  try {
    return !flock(fd);
  } catch {
    return false;
  }
}

/** The directory is opened once for both: a listing asks for ten thousand accounts. */
function readAccount(directory: string): { readonly claimed: readonly number[]; readonly mark?: string } {
  const names = [...namesIn(directory, '')].sort();
  const mark = names.includes(markName) ? readSmall(directory, markName) : undefined;
  return { claimed: names.flatMap((name) => tickOf(name) ?? []), ...defined({ mark }) };
}

function take(file: string, run: string, holder: () => string | undefined): ClaimAnswer {
  let wrong = linkTo(file, run);
  if (wrong?.code === 'ENOENT') {
    const made = attempt(() => mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 }));
    if (!made.ok) return { is: 'failed', reason: made.reason };
    wrong = linkTo(file, run);
  }
  if (wrong === undefined) return { is: 'taken' };
  if (wrong.code !== 'EEXIST') return { is: 'failed', reason: wrong.message };
  const target = holder();
  // Another kind of file has the name. The answer `failed` lets the run go on, so the tick is not
  // lost.
  return target === undefined ? { is: 'failed', reason: `${file} is not a claim` } : { is: 'had', run: runOf(target) };
}

function runOf(target: string): string {
  return target.endsWith(waiting) ? target.slice(0, -waiting.length) : target;
}

function linkTo(file: string, run: string): NodeJS.ErrnoException | undefined {
  try {
    symlinkSync(run, file);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}

/** The name of a tick, such as 20261122T103000Z, which sorts by time. */
function nameOf(tickMs: number): string {
  return new Date(tickMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

function tickOf(name: string): number | undefined {
  const [, day, hour, minute, second] = /^(\d{8})T(\d\d)(\d\d)(\d\d)Z$/.exec(name) ?? [];
  if (day === undefined) return undefined;
  const tickMs = Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(tickMs) ? undefined : tickMs;
}
