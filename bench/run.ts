/** `npm run bench [NAME…]`: every file of this directory that exports a bench, or the ones named, as a table. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { load, machine } from './frame/machine.ts';
import { type Bench, measure, type Row } from './frame/measure.ts';
import { benchOptions } from './frame/options.ts';
import { buildRevision } from './frame/revision.ts';
import { figureLine, heading, rowLine, writeInto } from './frame/table.ts';

const root = path.resolve(import.meta.dirname, '../..');
const known = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.js') && name !== 'run.js')
  .map((name) => path.basename(name, '.js'));
const options = benchOptions(known);

let printed = '';
const print = (text: string) => {
  printed += text;
  process.stdout.write(text);
};
const revision = options.compare === undefined ? undefined : buildRevision(root, options.compare);
/** The row against the other revision instead of its peer; rows with the same command are one then. */
const judged = (row: Row): Row =>
  revision === undefined ? row : { ...row, peer: { ...revision.command(row.ours), name: revision.name } };

const beganAt = new Date();
const loadBefore = load();
print(heading());
try {
  for (const name of options.names.length === 0 ? known : options.names) {
    const { bench } = (await import(`./${name}.js`)) as { bench: () => Bench };
    await show(bench());
  }
} finally {
  revision?.remove();
}
const circumstances = `Measured from ${minute(beganAt)} to ${minute(new Date())}: ${machine(root)}; load ${loadBefore} before, ${load()} after.\n`;
print(`\n${circumstances}`);
if (options.writes) writeInto(path.join(root, 'docs/performance.md'), printed);

async function show({ rows, figures, end }: Bench): Promise<void> {
  const seen = new Set<string>();
  try {
    for (const row of rows) {
      const key = JSON.stringify(row.ours.argv);
      if (revision !== undefined && seen.has(key)) continue;
      seen.add(key);
      const one = judged(options.isQuick ? { ...row, pairs: 3 } : row);
      print(rowLine(one, measure(one)));
    }
    if (revision === undefined) for (const figure of (await figures?.()) ?? []) print(figureLine(figure));
  } finally {
    end();
  }
}

/** `2026-11-30 20:55 UTC` */
function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
