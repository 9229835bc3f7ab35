/** Compares the crontab as a whole with the job files. */
import type { ClockFacts, Installed } from './installed.ts';

export interface JobFiles {
  /** The line of each job whose file is good. */
  readonly clocks: readonly ClockFacts[];
  /** Returns whether there is a file of this name, good or not. */
  readonly isThere: (slug: string) => boolean;
  /** True if a job makes up for ticks that it has missed. */
  readonly wantsCatchUp: boolean;
}

/** `undefined` when the crontab can't be seen from here. */
export function isCrontabInSync(files: JobFiles, { main, lines, catchUp }: Installed): boolean | undefined {
  const { clocks, isThere, wantsCatchUp } = files;
  if (main.kind === 'console' || main.unreadable !== undefined) return undefined;
  if (clocks.some(({ line }) => line === 'unknown')) return undefined;
  if (wantsCatchUp && catchUp === undefined) return false;
  return clocks.every(saysTheSame) && [...lines.keys()].every(isThere);
}

function saysTheSame({ line, crontab }: ClockFacts): boolean {
  return line === 'none' || (line === 'in-sync' && crontab !== 'ignored');
}
