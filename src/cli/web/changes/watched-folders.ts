/** Tells which jobs have changed: by the kernel's watch, and by a look at all files each minute, since a watch may miss something. */
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Config } from '../../../config/config.ts';
import { isSlug } from '../../../job/folder.ts';
import { changes } from '../../../system/file/changes.ts';
import { files } from '../../../system/file/files.ts';
import { clock } from '../../../system/time/clock.ts';
import type { Timer } from '../../../system/types/clock.ts';
import type { Steps } from '../../../text/steps.ts';

export interface Watching {
  close(): void;
}

interface Folder {
  readonly path: string;
  /** The job that a file here is about; `undefined` where it may be about any. */
  readonly slugOf: (name: string) => string | undefined;
}

const sweepMs = 60_000;
const soonMs = 100;

/** `onChange` gets the name of a job, or nothing when any may have changed. */
export function watchFolders(config: Config, onChange: (slug?: string) => void): Watching {
  const folders = foldersOf(config);
  const tell = (folder: Folder, name: string | undefined) => {
    const slug = name === undefined ? undefined : folder.slugOf(name);
    if (slug === undefined || isSlug(slug)) onChange(slug);
  };
  const watches = new Map<Folder, { close(): void }>();
  const seen = new Map<Folder, ReadonlyMap<string, string>>();
  let hasEnded = false;
  const look = async (folder: Folder) => {
    const before = seen.get(folder);
    const now = await inSlices(stampsIn(folder.path), () => hasEnded);
    if (now === undefined) return;
    seen.set(folder, now);
    if (before === undefined) return;
    for (const name of new Set([...before.keys(), ...now.keys()]))
      if (before.get(name) !== now.get(name)) tell(folder, name);
  };
  const watch = (folder: Folder) => {
    // A folder that is removed and made again, or comes only with the first run, is another one.
    watches.get(folder)?.close();
    watches.set(
      folder,
      changes.watch(folder.path, (name) => tell(folder, name)),
    );
  };
  let looks = 0;
  let timer: Timer | undefined;
  /** Ends early when another sweep begins: that one looks at all again. */
  const lookAtAll = async () => {
    looks += 1;
    const own = looks;
    for (const folder of folders) if (own === looks) await look(folder);
    if (own === looks && !hasEnded) timer = clock.after(sweepMs, sweep);
  };
  let above: { close(): void } | undefined;
  const sweep = () => {
    timer?.cancel();
    for (const folder of folders) watch(folder);
    above?.close();
    // A folder of the state comes with the first file in it.
    above = changes.watch(config.stateDirectory, () => {
      timer?.cancel();
      timer = clock.after(soonMs, sweep);
    });
    void lookAtAll();
  };
  sweep();
  return {
    close() {
      hasEnded = true;
      timer?.cancel();
      above?.close();
      for (const each of watches.values()) each.close();
    },
  };
}

function foldersOf({ jobDirectory, stateDirectory, runDirectory }: Config): readonly Folder[] {
  const before = (ending: RegExp) => (name: string) => name.replace(ending, '');
  const inState = (name: string) => path.join(stateDirectory, name);
  return [
    { path: inState('history'), slugOf: before(/\.jsonl(?:\.1)?$/) },
    { path: jobDirectory, slugOf: before(/\.yaml$/) },
    // A lock is taken and released.
    { path: runDirectory, slugOf: before(/(?:@next)?\.(?:run|flock)$/) },
    { path: inState('desired'), slugOf: () => undefined },
    { path: inState('pauses'), slugOf: () => undefined },
  ];
}

/** Each name with what differs when its file does; in steps. */
function* stampsIn(folder: string): Steps<ReadonlyMap<string, string>> {
  const stamps = new Map<string, string>();
  for (const name of files.list(folder) ?? []) {
    const facts = files.facts(path.join(folder, name));
    stamps.set(name, facts === undefined ? '' : `${facts.inode} ${facts.sizeBytes} ${facts.mtimeMs}`);
    yield;
  }
  return stamps;
}

const sliceMs = 10;

/** Takes the steps in slices that give way to readers; `undefined` when it is over before they are done. */
async function inSlices<T>(steps: Steps<T>, isOver: () => boolean): Promise<T | undefined> {
  let beganMs = clock.monotonicMs();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonicMs() - beganMs < sliceMs) continue;
    await nextTurn();
    if (isOver()) return undefined;
    beganMs = clock.monotonicMs();
  }
}
