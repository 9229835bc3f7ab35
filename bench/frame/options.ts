/** The command line of `npm run bench`. */
import process from 'node:process';
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** The benches to run; none: all. */
  readonly names: readonly string[];
  /** A revision of git that takes the place of the peers. */
  readonly compare?: string;
  /** Three pairs for each row. */
  readonly isQuick: boolean;
  /** The table goes into docs/performance.md. */
  readonly writes: boolean;
}

const usage = `npm run bench -- [--quick] [--write | --compare REVISION] [NAME…]

  NAME                a file of bench/, such as start or listings; without names all are run
  --quick             three pairs for each row: for a first look, not for a table
  --compare REVISION  each of our commands against the same one of that revision, in turn
  --write             writes the table into docs/performance.md; needs all benches and no --quick
`;

/** Ends the process where the words are not understood. */
export function benchOptions(known: readonly string[]): BenchOptions {
  const refuse = (words: string): never => {
    process.stderr.write(`bench: ${words}\n\n${usage}`);
    return process.exit(64);
  };
  const { values, positionals: names } = parsed(refuse);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) refuse(`there is no bench "${unknown}": ${known.join(', ')}`);
  const { compare, quick: isQuick = false, write: writes = false } = values;
  if (writes && (names.length > 0 || isQuick || compare !== undefined))
    refuse('--write needs a full run: no names, no --quick, no --compare');
  return { names, isQuick, writes, ...(compare !== undefined && { compare }) };
}

function parsed(refuse: (words: string) => never) {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { compare: { type: 'string' }, quick: { type: 'boolean' }, write: { type: 'boolean' } },
    });
  } catch (error) {
    return refuse((error as Error).message);
  }
}
