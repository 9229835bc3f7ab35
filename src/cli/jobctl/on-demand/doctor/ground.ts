/** The facts that all checks of `jobctl doctor` share: the configuration, the caller, and what is mounted. */
import { accessSync, constants } from 'node:fs';
import type { Config } from '../../../../config/config.ts';
import type { CommandForms } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { files } from '../../../../system/file/files.ts';
import { listMounts, type Mount, mountWith, silentMounts } from '../../../../system/file/mounts.ts';
import { codeOf } from '../../../../system/file/stage.ts';
import type { Files } from '../../../../system/types/file.ts';
import { caller } from '../../../../system/user/caller.ts';
import { commandForms } from '../../../report/command-forms.ts';

export interface Ground {
  readonly config: Config;
  readonly forms: CommandForms;
  readonly role: 'root' | 'service user' | 'other';
  readonly mounts: Mounts;
}

export interface Mounts {
  readonly all: readonly Mount[];
  /** The mounts that do not answer. */
  readonly silent: readonly Mount[];
}

/** The time that a file server has to answer. */
export const mountMs = 3000;

export async function lookAtMounts(): Promise<Mounts> {
  const all = listMounts();
  return { all, silent: await silentMounts(all, mountMs) };
}

export function isSilent(place: string, { all, silent }: Mounts): boolean {
  if (silent.length === 0) return false;
  const mount = mountWith(place, all, silent);
  return mount !== undefined && silent.includes(mount);
}

/** Files as ever, but for those on a mount that does not answer, which are taken for absent. */
export function answeringFiles(mounts: Mounts): Files {
  if (mounts.silent.length === 0) return files;
  const answers = (place: string) => !isSilent(place, mounts);
  return {
    facts: (place) => (answers(place) ? files.facts(place) : undefined),
    resolve: (place) => (answers(place) ? files.resolve(place) : undefined),
    readRegular: (place, limit) => (answers(place) ? files.readRegular(place, limit) : { is: 'absent' }),
    list: (place) => (answers(place) ? files.list(place) : undefined),
  };
}

export function groundOf(config: Config, mounts: Mounts): Ground {
  return { config, mounts, forms: commandForms(config), role: roleOf(config) };
}

function roleOf({ serviceUser }: Config): Ground['role'] {
  if (caller.euid === 0) return 'root';
  return caller.euid === serviceUser.uid ? 'service user' : 'other';
}

/** True when it, or a directory above it, is closed to this user. */
export function isClosed(place: string, rights = constants.R_OK | constants.X_OK): boolean {
  try {
    accessSync(place, rights);
    return false;
  } catch (error) {
    return codeOf(error) === 'EACCES';
  }
}

/** True for a file that this user may not read. */
export function isUnreadable(file: string): boolean {
  return isClosed(file, constants.R_OK);
}

/** A check that this caller can't make; `who` can. */
export function unknownTo(about: string, words: string, who: string): Check {
  return { about, is: 'unknown', words: `${words}; ${who} can tell` };
}

/** "a, b, c, d, e and 3 more". */
export function named(all: readonly string[]): string {
  const shown = all.slice(0, 5).join(', ');
  return all.length > 5 ? `${shown} and ${all.length - 5} more` : shown;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
