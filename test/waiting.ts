/** Waits for what another process brings about. */
import { readFileSync } from 'node:fs';

/**
 * Polls until `look` returns something; fails loudly instead of hanging. A file that `look` reads and that does not exist yet
 * counts as nothing.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 60_000,
): Promise<T> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const beganMs = Date.now();
    let missing: unknown;
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      missing = error;
    }
    if (Date.now() > endMs) throw new Error(`waited ${limitMs} ms in vain for ${what}`, { cause: missing });
    await new Promise((resolve) => setTimeout(resolve, restMs(Date.now() - beganMs)));
  }
}

/** The rest after a look that took this long: a program that is started for each look leaves the processor to what is waited for. */
const restMs = (lookMs: number) => Math.min(20 + lookMs, 1000);

/**
 * The text of a file that another process writes, once it is whole, or undefined. `echo $$ >file` creates the file empty and fills it
 * afterwards, so a file that exists says nothing; text that ends with `end` does.
 */
export function whole(file: string, end = '\n'): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text.endsWith(end) ? text : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The number that another process writes into a file by `echo $$ >file`. */
export async function writtenPid(file: string): Promise<number> {
  const text = await until(`a process id in ${file}`, () => whole(file));
  if (!/^[1-9]\d*\n$/.test(text)) throw new Error(`${file} has no process id: ${JSON.stringify(text)}`);
  return Number(text);
}
