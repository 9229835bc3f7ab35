/**
 * Pauses of jobs: by name or by tag, by whom, why and until when; each is one small file in the
 * state directory, so that it survives reboots.
 */

import type { WriteAnswer } from '../../system/types/file.ts';
import type { StateFiles, StateRecord } from '../../system/types/state.ts';
import { type Decoder, decodeJson, oneOf, optional, shape, text, time } from '../../text/decode.ts';
import { shellWord } from '../../text/shell-word.ts';

/** A job, or every job with the tag, also those that get the tag later. */
export type PauseTarget = { readonly job: string } | { readonly tag: string };

export interface Pause {
  /** A pause that is on record, or, when the directory of the records can't be read, that directory. */
  readonly target: PauseTarget | PauseDirectory;
  readonly atMs: number;
  /** End of the pause; absent if it lasts until an operator resumes it. */
  readonly untilMs?: number;
  readonly by: string;
  readonly reason?: string;
  /** Set if process-control paused the job after its failures; absent if a person did. */
  readonly circuit?: true;
  /** Set if there is a record that can't be read. It holds its jobs until an operator resumes them. */
  readonly unread?: Unread;
}

/** A pause that is on record. */
export interface WrittenPause extends Omit<Pause, 'unread'> {
  readonly target: PauseTarget;
}

/** Any job may be paused there: no job is started until it can be read. */
interface PauseDirectory {
  readonly directory: string;
}

interface Unread {
  readonly path: string;
  /** A clause: "permission denied". */
  readonly reason: string;
  /** True if only the rights of this reader are too small. */
  readonly isClosed: boolean;
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

/** True unless it stands for a record that can't be read. */
export function isWritten(pause: Pause): pause is WrittenPause {
  return pause.unread === undefined;
}

/** True if the target of a pause includes this job. */
export function isAbout(target: Pause['target'], job: PausableJob): boolean {
  if ('directory' in target) return true;
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
  return `paused${pause.unread === undefined ? '' : ':'} ${pauseDetails(pause, formatTime)}`;
}

/** Returns the same without the word "paused": "by tag db by ada until it is resumed". */
export function pauseDetails(pause: Pause, formatTime: (ms: number) => string): string {
  if (pause.unread !== undefined) return unreadWords(pause, pause.unread);
  return `${'tag' in pause.target ? `by tag ${pause.target.tag} ` : ''}${pauseTerms(pause, formatTime)}`;
}

/** Returns the same without the target: "by ada until it is resumed: upgrade". */
export function pauseTerms(pause: Pause, formatTime: (ms: number) => string): string {
  const { by, untilMs, reason, unread } = pause;
  if (unread !== undefined) return unreadWords(pause, unread);
  const until = untilMs === undefined ? 'until it is resumed' : `until ${formatTime(untilMs)}`;
  return `by ${by} ${until}${reason === undefined ? '' : `: ${reason}`}`;
}

/** "its pause can't be read: /var/lib/…/job:backup: it is not a pause" */
function unreadWords({ target }: Pause, { path, reason }: Unread): string {
  const what = 'job' in target ? 'its pause' : 'tag' in target ? `the pause of tag ${target.tag}` : 'the pauses';
  return `${what} can't be read: ${path}: ${reason}`;
}

/** Returns the command that ends this pause. */
export function resumeCommand({ target, unread }: Pick<Pause, 'target' | 'unread'>): string {
  if ('directory' in target) return reopenCommand(target.directory, unread?.isClosed === true);
  return 'tag' in target ? `jobctl resume --tag ${shellWord(target.tag)}` : `jobctl resume ${target.job}`;
}

/** Gives the directory to the user who owns the state directory, and its usual mode back; moves away what is no directory. */
function reopenCommand(directory: string, isClosed: boolean): string {
  const place = shellWord(directory);
  if (!isClosed) return `sudo mv ${place} ${shellWord(`${directory}.old`)}`;
  return `sudo chown --reference=${shellWord(directory.replace(/\/[^/]*$/, ''))} ${place} && sudo chmod 755 ${place}`;
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

/** Returns why the records of pauses can't be read, and the command that fixes it; `undefined` if they can be read. */
export function unreadDirectory(pauses: readonly Pause[]): string | undefined {
  const found = pauses.find(({ target }) => 'directory' in target);
  return found && `${pauseDetails(found, String)}: ${resumeCommand(found)}`;
}

const folder = 'pauses';

/** Returns all pauses. A record, or a directory, that can't be read is a pause too: its jobs may be paused, so they are not started. */
export function readPauses(files: StateFiles): readonly Pause[] {
  const look = files.look(folder);
  if (look.is === 'unread') {
    const { path, reason, isClosed } = look;
    return [unreadPause({ directory: path }, { path, reason, isClosed })];
  }
  return look.records.flatMap((record) => pauseIn(record) ?? []);
}

/** Returns the pause of a record; `undefined` for a name that `writePause` never gives. */
function pauseIn(record: StateRecord): Pause | undefined {
  const named = targetOf(record.name);
  if (named === undefined) return undefined;
  const { path } = record;
  if ('reason' in record) return unreadPause(named, { path, reason: record.reason, isClosed: record.isClosed });
  const found = decodeJson(record.text, pause);
  if (found === undefined) return unreadPause(named, { path, reason: 'it is not a pause', isClosed: false });
  // A copy under another name.
  if (fileName(found.target) !== record.name)
    return unreadPause(named, { path, reason: 'it is the pause of another job or tag', isClosed: false });
  return found;
}

function unreadPause(held: Pause['target'], unread: Unread): Pause {
  return { target: held, atMs: 0, by: 'unknown', unread };
}

export function writePause(files: StateFiles, pause: WrittenPause): WriteAnswer {
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

const pause: Decoder<WrittenPause> = shape<WrittenPause>({
  target,
  atMs: time,
  untilMs: optional(time),
  by: text,
  reason: optional(text),
  circuit: optional(oneOf(true)),
});
