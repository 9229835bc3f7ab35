/** `npm run bench [NAME…]`: every file of this directory that exports a bench, or the ones named, as a table. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { type Bench, type Figure, measure, type Row } from './measure.ts';

const wanted = process.argv.slice(2);
const names = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.js'))
  .map((name) => path.basename(name, '.js'))
  .filter((name) => (wanted.length === 0 ? name !== 'run' && name !== 'measure' : wanted.includes(name)));

process.stdout.write(
  '| what | ours | peer | wall ratio | CPU ratio | bar | stretch |\n|---|---|---|---|---|---|---|\n',
);
for (const name of names) {
  const { bench } = (await import(`./${name}.js`)) as { bench: () => Bench };
  const { rows, figures, end } = bench();
  try {
    for (const row of rows) process.stdout.write(line(row));
    for (const figure of (await figures?.()) ?? []) process.stdout.write(figureLine(figure));
  } finally {
    end();
  }
}

function line(row: Row): string {
  const { oursSeconds, peerSeconds, wallRatio, cpuRatio } = measure(row);
  const seconds = (value: number) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`);
  const ratio = (value: number | undefined) => (value === undefined ? '' : value.toPrecision(2));
  const peer = `${row.peer.name} ${seconds(peerSeconds)}`;
  const verdict = row.bar === undefined ? '' : cpuRatio <= row.bar ? ' met' : ' missed';
  const cells = [
    row.title,
    seconds(oursSeconds),
    peer,
    ratio(wallRatio),
    ratio(cpuRatio),
    `${row.bar ?? ''}${verdict}`,
  ];
  return `| ${[...cells, row.stretch ?? ''].join(' | ')} |\n`;
}

function figureLine({ title, ours, peer = '', ratio, bar, stretch }: Figure): string {
  const verdict = bar === undefined || ratio === undefined ? '' : ratio <= bar ? ' met' : ' missed';
  return `| ${[title, ours, peer, ratio?.toPrecision(2) ?? '', '', `${bar ?? ''}${verdict}`, stretch ?? ''].join(' | ')} |\n`;
}
