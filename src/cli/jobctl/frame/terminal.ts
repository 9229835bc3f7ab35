/** Finds out what the terminal of this process can show. */
import process from 'node:process';
import type { ListingOptions } from '../../../report/text/listing.ts';
import type { Terminal } from '../../../report/text/terminal/colour.ts';

/** Nothing when standard output is no terminal: what reads it then gets every word. */
export function ofTerminal(): Pick<ListingOptions, 'terminal'> {
  const { isTTY, columns } = process.stdout;
  return isTTY ? { terminal: { columns: columns > 0 ? columns : 80, ...terminalStyle() } } : {};
}

/** https://no-color.org; a dumb terminal has no colours either. */
export function terminalStyle(): Pick<Terminal, 'isColoured' | 'isUnicode'> {
  const { NO_COLOR = '', TERM = 'dumb', LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '') ?? '';
  return { isColoured: NO_COLOR === '' && TERM !== 'dumb', isUnicode: /utf-?8/i.test(locale) };
}
