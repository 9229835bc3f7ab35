/** The lines that open every file of ours: by them cron-generate knows which files are its own to replace and remove. */
import { commentText } from './crontab-template.ts';

const ownership = '# Written by cron-generate (process-control). Change the job files: changes made here are lost.';

/** It tells run-job that the clock started it. Said again between long comments it does nothing but end them. */
export const trigger = 'PROCESS_CONTROL_TRIGGER=cron';

/** HOME serves only cron's chdir, because cronie does not run a job whose home is missing; run-job gives the job its own. */
const settings = ['SHELL=/bin/sh', 'PATH=/usr/bin:/bin:/usr/sbin:/sbin', 'HOME=/', 'MAILTO=""', trigger];

/** Of part 1, the file NAME itself, or of a later part, NAME-2, NAME-3… */
export function header(directory: string, part: number, name: string): string {
  const continued = part === 1 ? '' : `, part ${part} of ${name}`;
  return `${[ownership, `${commentText(`# Jobs of ${directory}`)}${continued}`, ...settings].join('\n')}\n\n`;
}

export const headerLines = settings.length + 3;

export function isOurs(text: string): boolean {
  return text.startsWith(`${ownership}\n`);
}

/** Whether a file is a later part of NAME, and not a crontab of its own that is called NAME-2. */
export function isPartOf(text: string, name: string): boolean {
  const [, second = ''] = text.slice(0, 4096).split('\n');
  return isOurs(text) && /, part \d+ of ([\w-]+)$/.exec(second)?.[1] === name;
}
