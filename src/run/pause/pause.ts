/** Pauses of jobs: by name or by tag, by whom, why and until when; each is one small file in the state directory, so that it survives reboots. */

import type { WriteAnswer } from '../../system/types/file.ts';
import type { StateFiles } from '../../system/types/state.ts';
import { type Decoder, decodeJson, oneOf, optional, shape, text, time } from '../../text/decode.ts';
import { shellWord } from '../../text/shell-word.ts';

/** What is paused: one job, or every job that has the tag, also those that get it later. */
export type PauseTarget = { readonly job: string } | { readonly tag: string };

export interface Pause {
  readonly target: PauseTarget;
  readonly atMs: number;
  /** Absent: until a person resumes it. */
  readonly untilMs?: number;
  readonly by: string;
  readonly reason?: string;
  /** Made by process-control itself, which had a reason in the job's failures; absent when a person has paused it. */
  readonly circuit?: true;
}

export interface PausableJob {
  readonly slug: string;
  readonly tags: readonly string[];
}

/** Whether a pause is the job's own doing, which a reset ends; what a person has paused only a person resumes. */
export function isCircuit({ circuit }: Pause): boolean {
  return circuit === true;
}

/** The pause that holds longest, of those that hold this job at `nowMs`; a pause without an end holds longest of all. */
export function pauseOf(job: PausableJob, pauses: readonly Pause[], nowMs: number): Pause | undefined {
  return pauses
    .filter(({ target }) => isAbout(target, job))
    .filter((pause) => !isOver(pause, nowMs))
    .sort((a, b) => endOf(b) - endOf(a))[0];
}

/** Whether what is paused is this job. */
export function isAbout(target: PauseTarget, job: PausableJob): boolean {
  return 'job' in target ? target.job === job.slug : job.tags.includes(target.tag);
}

export function isOver(pause: Pause, nowMs: number): boolean {
  return endOf(pause) <= nowMs;
}

function endOf({ untilMs }: Pause): number {
  return untilMs ?? Number.POSITIVE_INFINITY;
}

/** "paused by ada until 2026-11-24T10:00Z: database upgrade"; the time as `formatTime` writes it. */
export function pauseWords(pause: Pause, formatTime: (ms: number) => string): string {
  return `paused ${pauseRemark(pause, formatTime)}`;
}

/** The same where the word "paused" stands already: "by tag db by ada until it is resumed". */
export function pauseRemark(pause: Pause, formatTime: (ms: number) => string): string {
  return `${'tag' in pause.target ? `by tag ${pause.target.tag} ` : ''}${pauseTerms(pause, formatTime)}`;
}

/** The same without its target: "by ada until it is resumed: upgrade". */
export function pauseTerms({ by, untilMs, reason }: Pause, formatTime: (ms: number) => string): string {
  const until = untilMs === undefined ? 'until it is resumed' : `until ${formatTime(untilMs)}`;
  return `by ${by} ${until}${reason === undefined ? '' : `: ${reason}`}`;
}

/** What ends this very pause, to be typed. */
export function resumeCommand({ target }: Pick<Pause, 'target'>): string {
  return 'tag' in target ? `jobctl resume --tag ${shellWord(target.tag)}` : `jobctl resume ${target.job}`;
}

/** Why a job may not start now, and the command that ends the pause: "paused by ada until it is resumed (jobctl resume backup)". */
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

/** Jobs and tags that are paused by a record which can't be understood, and so are not. */
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
