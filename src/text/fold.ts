/** Folds a sentence at the width of a terminal. */
import { printable } from './printable.ts';

/**
 * Returns lines of at most so many columns, cut at blanks; the second and later ones are indented.
 * Without `columns` it is one line.
 */
export function folded(written: string, indent: number, columns: number | undefined): readonly string[] {
  const lines: string[] = [];
  let rest = printable(written);
  for (let start = 0; columns !== undefined && rest.length > columns; start = indent) {
    const at = rest.lastIndexOf(' ', columns);
    if (at <= Math.max(start, indent)) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${' '.repeat(indent)}${rest.slice(at + 1)}`;
  }
  return [...lines, rest];
}
