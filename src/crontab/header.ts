/**
 * The first lines of every generated file, by which cron-generate knows the files that it may
 * replace and remove.
 */
import { commentText } from './template.ts';

const ownership = '# Written by cron-generate (process-control). Change the job files: changes made here are lost.';

/**
 * Tells run-job that cron started it. Between long comments it is repeated, only to interrupt them.
 */
export const trigger = 'PROCESS_CONTROL_TRIGGER=cron';

export interface HeaderValues {
  /** `job_directory`. */
  readonly directory: string;
  /**
   * cron's working directory. cronie does not run a job whose home is missing, and `/` always
   * exists; run-job gives the job its own. If the configuration itself is found through HOME, it is
   * the user's.
   */
  readonly home: string;
  /** `path` of the configuration. */
  readonly searchPath: string;
  /** More `NAME=value` lines. */
  readonly settings: readonly string[];
}

/** Returns the header of part 1, the file NAME itself, or of a later part, NAME-2, NAME-3… */
export function header({ directory, home, searchPath, settings }: HeaderValues, part: number, name: string): string {
  const continued = part === 1 ? '' : `, part ${part} of ${name}`;
  const title = `${titleOf(directory)}${continued}`;
  const fixed = ['SHELL=/bin/sh', `PATH=${searchPath}`, `HOME=${home}`, 'MAILTO=""'];
  return `${[ownership, title, ...fixed, ...settings, trigger].join('\n')}\n\n`;
}

function titleOf(directory: string): string {
  return commentText(`# Jobs of ${directory}`);
}

/** True for the crontab of the jobs of this directory. */
export function isOfDirectory(text: string, directory: string): boolean {
  return text.slice(0, 4096).split('\n')[1] === titleOf(directory);
}

export function isOurs(text: string): boolean {
  return text.startsWith(`${ownership}\n`);
}

/** Tells a later part of NAME from a crontab of its own that is called NAME-2. */
export function isPartOf(text: string, name: string): boolean {
  const [, second = ''] = text.slice(0, 4096).split('\n');
  return isOurs(text) && /, part \d+ of ([\w-]+)$/.exec(second)?.[1] === name;
}
