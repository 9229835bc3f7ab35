/**
 * Pauses of jobs: by name or by tag, by whom, why and until when; each is one small file in the
 * state directory, so that it survives reboots.
 */

import type { WriteAnswer } from '../../system/types/file.ts';
import type { StateFiles } from '../../system/types/state.ts';
import { type Decoder, decodeJson, oneOf, optional, shape, text, time } from '../../text/decode.ts';
import { shellWord } from '../../text/shell-word.ts';

/** A job, or every job with the tag, also those that get the tag later. */
export type PauseTarget = { readonly job: string } | { readonly tag: string };

export interface Pause {
  readonly target: PauseTarget;
  readonly atMs: number;
  /** End of the pause; absent if it lasts until an operator resumes it. */
  readonly untilMs?: number;
  readonly by: string;
  readonly reason?: string;
  /** Set if process-control paused the job after its failures; absent if a person did. */
  readonly circuit?: true;
}

export interface PausableJob {
  readonly slug: string;
  readonly tags: readonly string[];
}

/**
 * True if failures of the job led to the pause. A reset ends such a pause; the pause of a person
 * lasts until it is resumed.
 */
export function isCircuit({ circuit }: Pause): boolean {
  return circuit === true;
}

/** Returns the pause of this job that ends last, of those in force at `nowMs`. */
export function pauseOf(job: PausableJob, pauses: readonly Pause[], nowMs: number): Pause | undefined {
  return pauses
    .filter(({ target }) => isAbout(target, job))
    .filter((pause) => !isOver(pause, nowMs))
    .sort((a, b) => endOf(b) - endOf(a))[0];
}

/** True if the target of a pause includes this job. */
export function isAbout(target: PauseTarget, job: PausableJob): boolean {
  return 'job' in target ? target.job === job.slug : job.tags.includes(target.tag);
}

export function isOver(pause: Pause, nowMs: number): boolean {
  return endOf(pause) <= nowMs;
}

function endOf({ untilMs }: Pause): number {
  return untilMs ?? Number.POSITIVE_INFINITY;
}

/**
 * Returns "paused by ada until 2026-11-24 10:00:00: database upgrade"; `formatTime` writes the
 * time.
 */
export function pauseWords(pause: Pause, formatTime: (ms: number) => string): string {
  return `paused ${pauseDetails(pause, formatTime)}`;
}

/** Returns the same without the word "paused": "by tag db by ada until it is resumed". */
export function pauseDetails(pause: Pause, formatTime: (ms: number) => string): string {
  return `${'tag' in pause.target ? `by tag ${pause.target.tag} ` : ''}${pauseTerms(pause, formatTime)}`;
}

/** Returns the same without the target: "by ada until it is resumed: upgrade". */
export function pauseTerms({ by, untilMs, reason }: Pause, formatTime: (ms: number) => string): string {
  const until = untilMs === undefined ? 'until it is resumed' : `until ${formatTime(untilMs)}`;
  return `by ${by} ${until}${reason === undefined ? '' : `: ${reason}`}`;
}

/** Returns the command that ends this pause. */
export function resumeCommand({ target }: Pick<Pause, 'target'>): string {
  return 'tag' in target ? `jobctl resume --tag ${shellWord(target.tag)}` : `jobctl resume ${target.job}`;
}

/**
 * Returns the pause of a job with the command that ends it: "paused by ada until it is resumed
 * (jobctl resume backup)"; `undefined` if the job may start.
 */
export function pausedWords(
  job: PausableJob,
  pauses: readonly Pause[],
  nowMs: number,
  formatTime: (ms: number) => string,
): string | undefined {
  const pause = pauseOf(job, pauses, nowMs);
  return pause && `${pauseWords(pause, formatTime)} (${resumeCommand(pause)})`;
}

const folder = 'pauses';

export function readPauses(files: StateFiles): readonly Pause[] {
  return files.readAll(folder).flatMap((file) => decodeJson(file.text, pause) ?? []);
}

/** Returns the jobs and tags whose record of a pause can't be understood; they are not paused. */
export function unreadablePauses(files: StateFiles): readonly PauseTarget[] {
  return files
    .names(folder)
    .filter((name) => decodeJson(files.read(folder, name), pause) === undefined)
    .flatMap((name) => targetOf(name) ?? []);
}

export function writePause(files: StateFiles, pause: Pause): WriteAnswer {
  return files.write(folder, fileName(pause.target), `${JSON.stringify(pause)}\n`);
}

export function removePause(files: StateFiles, target: PauseTarget): WriteAnswer {
  return files.remove(folder, fileName(target));
}

/** Returns the name of a record. A tag may be any text, so it is encoded. */
function fileName(target: PauseTarget): string {
  return 'job' in target ? `job:${target.job}` : `tag:${encodeURIComponent(target.tag)}`;
}

/**
 * Returns the target of a record by its name; `undefined` for a name that `writePause` never gives.
 */
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
