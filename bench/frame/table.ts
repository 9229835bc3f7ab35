/** The rows of the table, and its place in docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Figure, Measured, Row, Spread } from './measure.ts';

const titles = ['what', 'ours', 'peer', 'wall ratio', 'CPU ratio', 'bar', 'stretch'];

export function heading(): string {
  return `${cells(titles)}${cells(titles.map(() => '---'))}`;
}

export function rowLine(row: Row, { oursSeconds, peerSeconds, wall, cpu }: Measured): string {
  return cells([
    row.title,
    seconds(oursSeconds),
    `${row.peer.name} ${seconds(peerSeconds)}`,
    spread(wall),
    spread(cpu),
    verdict(row.bar, cpu.median),
    `${row.stretch ?? ''}`,
  ]);
}

export function figureLine({ title, ours, peer = '', ratio, bar, stretch }: Figure): string {
  return cells([title, ours, peer, ratio?.toPrecision(2) ?? '', '', verdict(bar, ratio), `${stretch ?? ''}`]);
}

/** Half of the pairs lie between the two numbers in brackets. */
function spread({ median, from, to }: Spread): string {
  return `${median.toPrecision(2)} (${from.toPrecision(2)}-${to.toPrecision(2)})`;
}

function verdict(bar: number | undefined, ratio: number | undefined): string {
  if (bar === undefined) return '';
  return ratio === undefined ? `${bar}` : `${bar} ${ratio <= bar ? 'met' : 'missed'}`;
}

function seconds(value: number): string {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

function cells(words: readonly string[]): string {
  return `| ${words.join(' | ')} |\n`;
}

const place = /(<!-- bench: begin -->\n)[\s\S]*?(<!-- bench: end -->)/;

/** Puts the text between the two marks of the page. Throws if it has none. */
export function writeInto(page: string, text: string): void {
  const before = readFileSync(page, 'utf8');
  if (!place.test(before))
    throw new Error(`${page} has no place for the table: <!-- bench: begin --> … <!-- bench: end -->`);
  writeFileSync(
    page,
    before.replace(place, (_all, begin: string, end: string) => `${begin}\n${aligned(text)}\n${end}`),
  );
}

/** A table whose columns stand below each other, as the other pages have it. */
function aligned(text: string): string {
  const lines = text.trimEnd().split('\n');
  const rows = lines.map((line) => (line.startsWith('|') ? line.slice(2, -2).split(' | ') : undefined));
  const widths = titles.map((_title, column) =>
    Math.max(...rows.map((row) => (row === undefined || row[0] === '---' ? 0 : (row[column] ?? '').length))),
  );
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[0] === '---' ? '-'.repeat(width) : (row[column] ?? '').padEnd(width))).join(' | ')} |`;
  return rows.map((row, at) => (row === undefined ? (lines[at] ?? '') : line(row))).join('\n');
}
