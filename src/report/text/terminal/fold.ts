/** Cuts and folds text to the width of a terminal, in which a character takes none, one or two columns. */
import stringWidth from 'string-width';
import { printable } from '../../../text/printable.ts';

const ellipses = { unicode: '…', ascii: '...' } as const;
export type Ellipsis = keyof typeof ellipses;

/** Columns that a text takes. Nearly all texts are ASCII, or the signs of a strip: one column for each character. */
export function columnsOf(text: string): number {
  return /^[ -~▁-█✗○·▸–…]*$/.test(text) ? text.length : stringWidth(text);
}

const graphemes = new Intl.Segmenter();

/** The beginning of a text that fits; a character that takes two columns, or is made of several, is never halved. */
function beginning(text: string, width: number): string {
  let kept = '';
  let taken = 0;
  for (const { segment } of graphemes.segment(text)) {
    taken += stringWidth(segment);
    if (taken > width) break;
    kept += segment;
  }
  return kept;
}

/** At most `width` columns of a text; a text that was cut ends with an ellipsis. */
export function cut(text: string, width: number, ellipsis: Ellipsis = 'unicode'): string {
  if (columnsOf(text) <= width) return text;
  const end = ellipses[ellipsis];
  return width < end.length ? '' : `${beginning(text, width - end.length).trimEnd()}${end}`;
}

/**
 * Lines of at most `width` columns, folded at blanks where there are any; the second and later ones
 * are indented. A word that is longer than a line is cut, or `kept` whole.
 */
export function folded(text: string, width: number, indent = 0, longWords: 'cut' | 'kept' = 'cut'): readonly string[] {
  const lines: string[] = [];
  const space = ' '.repeat(width > 2 * indent ? indent : 0);
  let rest = text;
  for (let start = 0; columnsOf(rest) > width; start = space.length) {
    const fitting = beginning(rest, width);
    const at = rest[fitting.length] === ' ' ? fitting.length : fitting.lastIndexOf(' ');
    // A single character may be wider than the terminal.
    const blank = longWords === 'kept' ? rest.indexOf(' ', start + 1) : Math.max(fitting.length, start + 1);
    const end = at > start ? at : blank;
    if (end < 0) break;
    lines.push(rest.slice(0, end).trimEnd());
    rest = space + rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/**
 * Lines of a sentence for people, which has words of others in it: names and paths stay whole, so
 * that they can be copied. Without `columns` it is one line.
 */
export function sentence(written: string, indent: number, columns = Number.POSITIVE_INFINITY): readonly string[] {
  return folded(printable(written), columns, indent, 'kept');
}
