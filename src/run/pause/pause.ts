/** Whether a job is paused, by its own name or by one of its tags, and by whom, why and until when. */

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

/** Whether a pause is the job's own doing, which a reset ends; what a person has paused only a person resumes. */
export function isCircuit({ circuit }: Pause): boolean {
  return circuit === true;
}

/** The pause that holds longest, of those that hold this job at `nowMs`; a pause without an end holds longest of all. */
export function pauseOf(
  job: { readonly slug: string; readonly tags: readonly string[] },
  pauses: readonly Pause[],
  nowMs: number,
): Pause | undefined {
  return pauses
    .filter(({ target }) => isAbout(target, job))
    .filter((pause) => !isOver(pause, nowMs))
    .sort((a, b) => endOf(b) - endOf(a))[0];
}

/** Whether what is paused is this job. */
export function isAbout(
  target: PauseTarget,
  job: { readonly slug: string; readonly tags: readonly string[] },
): boolean {
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
