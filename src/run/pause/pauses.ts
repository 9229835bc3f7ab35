/** The pauses that are on record: one small file each in the state directory, so that they survive reboots. */

import type { WriteAnswer } from '../../system/types/file.ts';
import type { StateFiles } from '../../system/types/state.ts';
import { type Decoder, decodeJson, oneOf, optional, shape, text, time } from '../../text/decode.ts';
import { type Pause, type PauseTarget, pauseOf, pauseWords, resumeCommand } from './pause.ts';

const folder = 'pauses';

export function readPauses(files: StateFiles): readonly Pause[] {
  return files.readAll(folder).flatMap((file) => decodeJson(file.text, pause) ?? []);
}

/** Jobs and tags that are paused by a record which can't be understood, and so are not. */
export function unreadablePauses(files: StateFiles): readonly PauseTarget[] {
  return files
    .names(folder)
    .filter((name) => decodeJson(files.read(folder, name), pause) === undefined)
    .flatMap((name) => targetOf(name) ?? []);
}

/** Why a job may not be started now, and what ends that; `undefined` when it may. */
export function pausedWords(
  job: { readonly slug: string; readonly tags: readonly string[] },
  files: StateFiles,
  { nowMs, formatTime }: { readonly nowMs: number; readonly formatTime: (ms: number) => string },
): string | undefined {
  const pause = pauseOf(job, readPauses(files), nowMs);
  if (pause === undefined) return undefined;
  return `${pauseWords(pause, formatTime)} (${resumeCommand(pause)})`;
}

export function writePause(files: StateFiles, pause: Pause): WriteAnswer {
  return files.write(folder, fileName(pause.target), `${JSON.stringify(pause)}\n`);
}

export function removePause(files: StateFiles, target: PauseTarget): WriteAnswer {
  return files.remove(folder, fileName(target));
}

/** A tag may be any text, a file name may not. */
function fileName(target: PauseTarget): string {
  return 'job' in target ? `job:${target.job}` : `tag:${encodeURIComponent(target.tag)}`;
}

/** The target of a file of that name; undefined for a name that writePause never gives. */
function targetOf(name: string): PauseTarget | undefined {
  const [, kind, word = ''] = /^(job|tag):(.+)$/s.exec(name) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'job') return { job: word };
  try {
    return { tag: decodeURIComponent(word) };
  } catch {
    return undefined;
  }
}

const target = (value: unknown): PauseTarget | undefined =>
  shape<{ readonly job: string }>({ job: text })(value) ?? shape<{ readonly tag: string }>({ tag: text })(value);

const pause: Decoder<Pause> = shape<Pause>({
  target,
  atMs: time,
  untilMs: optional(time),
  by: text,
  reason: optional(text),
  circuit: optional(oneOf(true)),
});
