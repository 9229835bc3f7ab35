/** Finds what keeps every job of this host from starting: a clause, or `undefined` when nothing is wrong. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { type AccountEnd, accountEndOf } from '../../report/clock/account.ts';
import { files } from '../../system/file/files.ts';
import { clock } from '../../system/time/clock.ts';
import type { FileFacts } from '../../system/types/file.ts';
import type { User } from '../../system/types/user.ts';
import { caller } from '../../system/user/caller.ts';

/** The error that `sh -c` would report to cron, as the service user. */
export function runnerProblem(runner: string, user: User): string | undefined {
  const resolved = files.resolve(runner);
  const facts = resolved === undefined ? undefined : files.facts(resolved);
  if (resolved === undefined || facts === undefined) return 'does not exist';
  if (facts.kind !== 'file') return `is a ${facts.kind}`;
  if ((facts.mode & 0o111) === 0) return 'is not executable';
  for (let directory = path.dirname(resolved); ; directory = path.dirname(directory)) {
    if (!canPass(directory, user)) return `can not be reached by ${user.name}: ${directory} is closed`;
    if (directory === '/') return undefined;
  }
}

function canPass(directory: string, user: User): boolean {
  const facts = files.facts(directory);
  if (facts === undefined || user.uid === 0 || (facts.mode & 0o001) !== 0) return true;
  if (facts.uid === user.uid) return (facts.mode & 0o100) !== 0;
  return facts.gid === user.gid && (facts.mode & 0o010) !== 0;
}

/** The reason why runs can't be recorded. */
export function stateProblem({ stateDirectory, serviceUser }: Config): string | undefined {
  const facts = files.facts(files.resolve(stateDirectory) ?? stateDirectory);
  if (facts === undefined) return 'does not exist yet';
  if (facts.kind !== 'directory') return `is a ${facts.kind}`;
  return writable(facts, serviceUser) === 'no' ? `can not be written by ${serviceUser.name}` : undefined;
}

/**
 * Judges by owner and mode whether a user can make files in a directory. `perhaps`: the bits of the
 * group allow it, and the user may be in that group, or an access control list names the user.
 */
export function writable({ uid, gid, mode }: FileFacts, user: User): 'yes' | 'no' | 'perhaps' {
  const has = (bits: number) => (mode & bits) === bits;
  if (user.uid === 0) return 'yes';
  if (uid === user.uid) return has(0o300) ? 'yes' : 'no';
  if (gid === user.gid) return has(0o030) ? 'yes' : 'no';
  if (has(0o003)) return 'yes';
  return has(0o030) ? 'perhaps' : 'no';
}

/** The reason why cron starts nothing for the service user; `hidden` from everybody but root, `undefined` when the account lasts. */
export function serviceAccountEnd({
  serviceUser,
  embedded,
}: Pick<Config, 'serviceUser' | 'embedded'>): AccountEnd | 'hidden' | undefined {
  if (embedded) return undefined;
  if (caller.euid !== 0) return 'hidden';
  const read = files.readRegular('/etc/shadow', { limitBytes: 4 * 1024 * 1024 });
  if (read.is !== 'read') return undefined;
  return accountEndOf(Buffer.from(read.bytes).toString('utf8'), serviceUser.name, clock.nowMs());
}
