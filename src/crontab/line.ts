/** Finds the lines of jobs in a generated crontab. */
import { type CrontabLine, readLine } from './reader.ts';

/** Returns the entry that starts a job by its name, as it is written. */
export function lineOfJob(text: string, slug: string): string | undefined {
  const needle = `--job ${slug}`;
  if (!text.includes(needle)) return undefined;
  return text.split('\n').find((written) => {
    if (!written.includes(needle)) return false;
    const line = readLine(written);
    return line.is === 'entry' && ` ${line.command} `.includes(` ${needle} `);
  });
}

/** Returns the users that entries name. */
export function usersIn(lines: readonly CrontabLine[]): readonly string[] {
  return [...new Set(lines.flatMap((line) => (line.is === 'entry' ? [line.user] : [])))];
}
