/** Finds the lines of jobs in a generated crontab. */
import { readLine } from './reader.ts';

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
export function usersIn(text: string): readonly string[] {
  const users = new Set<string>();
  for (const written of text.split('\n')) {
    const line = readLine(written);
    if (line.is === 'entry') users.add(line.user);
  }
  return [...users];
}
