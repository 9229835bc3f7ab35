/** Links by which a target of systemd wants a unit, as systemctl enable makes them. */
import { lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Refusal } from '../types/cron.ts';

export interface UnitLink {
  /** The directory of the wanting target, such as `timers.target.wants`. */
  readonly wants: string;
  readonly unit: string;
}

/** The links that are missing below a directory of units. */
export function missingLinks(directory: string, links: readonly UnitLink[]): readonly UnitLink[] {
  return links.filter(
    ({ wants, unit }) => lstatSync(path.join(directory, wants, unit), { throwIfNoEntry: false }) === undefined,
  );
}

/** Makes links, or says which one can't be made. */
export function makeLinks(directory: string, links: readonly UnitLink[]): Refusal | undefined {
  for (const { wants, unit } of links) {
    const file = path.join(directory, wants, unit);
    try {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o755 });
      symlinkSync(`../${unit}`, file);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' && readlinkSync(file) === `../${unit}`) continue;
      return { denied: ['EACCES', 'EPERM', 'EROFS'].includes(code), reason: `${file}: ${message}` };
    }
  }
  return undefined;
}
