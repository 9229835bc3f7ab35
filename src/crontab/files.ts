/**
 * Compares the present crontab files with those that should exist, and decides which to write, to
 * remove and to leave alone.
 */
import type { CrontabChange } from '../system/types/cron.ts';
import type { FileFacts, FileKind, Files } from '../system/types/file.ts';
import type { CrontabFile } from './crontab.ts';
import { isPartOf } from './header.ts';
import { isOfOther, nothingPresent, type Origin, type PresentCrontab, readPresent } from './present.ts';

type PresentFile =
  /**
   * `sound`: cron accepts its owner, mode and links. `trusted`: nobody else can have written it.
   */
  | {
      readonly is: 'text';
      readonly name: string;
      readonly text: string;
      readonly sound: boolean;
      readonly trusted: boolean;
    }
  | { readonly is: 'unreadable'; readonly name: string; readonly reason: string }
  | { readonly is: 'no file'; readonly name: string; readonly kind: FileKind };

export interface PresentFiles {
  readonly path: string;
  readonly name: string;
  /** The file of this name, if it exists, and all files that are named like a part of it. */
  readonly files: ReadonlyMap<string, PresentFile>;
}

export type ChangeAnswer =
  | { readonly change: CrontabChange; readonly refused?: never }
  /** Reasons why files can't be replaced; each starts with the name of the file. */
  | { readonly change?: never; readonly refused: readonly string[] };

/** More than 10,000 lines of 900 bytes. */
export const crontabLimitBytes = 16 * 1024 * 1024;

/** `uid` is the caller's; files of root are trusted for every caller. */
export function lookAtPresent(files: Files, path: string, uid: number): PresentFiles {
  const at = path.lastIndexOf('/');
  const directory = path.slice(0, at) || '/';
  const name = path.slice(at + 1);
  const found = new Map<string, PresentFile>();
  for (const candidate of files.list(directory) ?? []) {
    if (candidate !== name && partNumber(candidate, name) === undefined) continue;
    const present = look(files, `${directory}/${candidate}`, candidate, uid);
    if (present !== undefined) found.set(candidate, present);
  }
  return { path, name, files: found };
}

/** Returns 2, 3… for NAME-2, NAME-3… */
function partNumber(candidate: string, name: string): number | undefined {
  const [, digits] = candidate.startsWith(`${name}-`)
    ? (/^([1-9]\d{0,3})$/.exec(candidate.slice(name.length + 1)) ?? [])
    : [];
  return digits === undefined || digits === '1' ? undefined : Number(digits);
}

function look(files: Files, path: string, name: string, uid: number): PresentFile | undefined {
  const facts = files.facts(path);
  if (facts === undefined) return undefined;
  if (facts.kind !== 'file') return { is: 'no file', name, kind: facts.kind };
  const read = files.readRegular(path, { limitBytes: crontabLimitBytes });
  if (read.is === 'absent') return undefined;
  if (read.is === 'refused') return { is: 'unreadable', name, reason: read.reason };
  return { is: 'text', name, text: new TextDecoder().decode(read.bytes), ...judge(read.facts, uid) };
}

function judge(
  { uid, mode, links }: FileFacts,
  callerUid: number,
): { readonly sound: boolean; readonly trusted: boolean } {
  const trustedOwner = uid === 0 || uid === callerUid;
  return { sound: trustedOwner && mode === 0o644 && links === 1, trusted: trustedOwner && (mode & 0o022) === 0 };
}

/**
 * Returns the owner of the crontab and the lines that jobs have now. No line is taken from a file
 * that others could have written, nor from the crontab of another configuration than `mine`.
 */
export function presentCrontab({ name, files }: PresentFiles, mine: Origin): PresentCrontab {
  const main = files.get(name);
  if (main === undefined) return nothingPresent;
  if (main.is !== 'text') return { ...nothingPresent, owner: 'foreign' };
  if (isOfOther(main.text, mine)) return { ...nothingPresent, owner: 'other' };
  const present = readPresent([main.text, ...parts(name, files).map((part) => part.text)]);
  return main.trusted ? present : { ...nothingPresent, owner: present.owner };
}

/** The later parts of NAME, in order. */
function parts(name: string, files: PresentFiles['files']): Extract<PresentFile, { is: 'text' }>[] {
  return [...files.values()]
    .filter((file) => file.is === 'text')
    .filter((file) => file.trusted && isPartOf(file.text, name))
    .sort((a, b) => (partNumber(a.name, name) ?? 0) - (partNumber(b.name, name) ?? 0));
}

/**
 * `adopt` allows to replace a regular file that is not ours. Anything else than a regular file is
 * never replaced.
 */
export function decideChange(
  { path, name, files }: PresentFiles,
  wanted: readonly CrontabFile[],
  { owner, adopt }: { readonly owner: PresentCrontab['owner']; readonly adopt: boolean },
): ChangeAnswer {
  const isMine = (file: PresentFile) =>
    file.name === name ? owner !== 'foreign' && owner !== 'other' : file.is === 'text' && isPartOf(file.text, name);
  const strange = owner === 'other' ? 'has the jobs of another configuration' : 'was not written by cron-generate';
  const refused = wanted.flatMap((file) => refusalFor(files.get(file.name), { isMine, adopt, strange }) ?? []);
  if (refused.length > 0) return { refused };
  const writes = wanted.filter((file) => !isAlready(files.get(file.name), file));
  const names = new Set(wanted.map((file) => file.name));
  const removals = [...files.values()].filter((file) => file.name !== name && !names.has(file.name) && isMine(file));
  // The file into which jobs move is written before the file that they leave:
  // in between a line exists twice, which run-job notices, and is never missing.
  const grows = sizeOf(wanted) > sizeOf([...files.values()].filter((file) => file.is === 'text'));
  return { change: { path, writes: grows ? writes.reverse() : writes, removals: removals.map((file) => file.name) } };
}

function refusalFor(
  there: PresentFile | undefined,
  {
    isMine,
    adopt,
    strange,
  }: { readonly isMine: (file: PresentFile) => boolean; readonly adopt: boolean; readonly strange: string },
): string | undefined {
  if (there === undefined) return undefined;
  if (there.is === 'no file') return `${there.name} is a ${there.kind}; remove it, then run cron-generate again`;
  if (isMine(there) || adopt) return undefined;
  const what = there.is === 'unreadable' ? there.reason : strange;
  return `${there.name} ${what}; look at it, then run cron-generate --adopt to replace it`;
}

function isAlready(there: PresentFile | undefined, file: CrontabFile): boolean {
  return there?.is === 'text' && there.sound && there.text === file.text;
}

function sizeOf(files: readonly { readonly text: string }[]): number {
  return files.reduce((sum, { text }) => sum + text.length, 0);
}
