/**
 * Splits one stream into the lines that a terminal shows, for the rules about output.
 *
 * Escape codes and characters without width are left out. A carriage return, a jump of the cursor
 * or several backspaces end a piece of the line, since the terminal has shown it: "10 %\rFATAL"
 * gives "10 %" and "FATAL". A carriage return before the newline is no part of the line. A man
 * page's "F\bFA\bA" gives "FA".
 */

/**
 * A longer line is cut into pieces of this many characters. They overlap, so that a match of up to
 * `overlap` characters is whole in one of them.
 */
const longestLine = 1 << 20;
const overlap = 1 << 16;

/** Any character that a terminal does not just show. */
const special = /[\0-\x08\x0b-\x1f\x7f-\x9f\ufeff]/;

const control = new RegExp(
  [
    // CSI, parameters and a final letter (ECMA-48), or a sequence that the end of the line cuts
    // off.
    '(?:\\x1b\\[|\\x9b)(?<parameters>[0-?]*)[ -/]*(?<csi>[@-~]|$)',
    // A title, a link or another string for the terminal itself, up to BEL or ST.
    '(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])[^\\x07\\x1b\\x9c]*(?:\\x07|\\x1b\\\\|\\x9c)',
    // Other escapes: 7 and 8 save and restore the cursor, D, E and M move it to another line.
    '\\x1b[ -/]*(?<other>[0-~]|$)',
    '(?<backspaces>\\x08+)',
    '(?<jump>[\\r\\x0b\\x0c\\x84\\x85\\x8d])',
    '[\\0-\\x07\\x0e-\\x1f\\x7f-\\x9f\\ufeff]',
  ].join('|'),
  'g',
);

/**
 * Final letters of CSI that move the cursor: up, down, back, to a column, a line or a position, or
 * to where it was saved.
 */
const jumpingCsi = /[ABDEFGHfdu`]/;

export class ShownLines {
  readonly #decoder = new TextDecoder();
  /** Text after the last newline or carriage return. */
  #open = '';
  /** Set if pieces of the unfinished line have been returned already. */
  #isBegun = false;

  /** Returns the pieces that these bytes finish. */
  take(bytes: Uint8Array): readonly string[] {
    const lines = (this.#open + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#open = lines.pop() ?? '';
    const pieces = lines.flatMap((line) => this.#finish(line));
    const lastReturn = this.#open.lastIndexOf('\r');
    const progress = lastReturn > 0 ? this.#begin(lastReturn, lastReturn) : [];
    const { length } = this.#open;
    return [...pieces, ...progress, ...(length > longestLine ? this.#begin(length, length - overlap) : [])];
  }

  /** Returns the last pieces, when the stream has ended: text without a newline is a line too. */
  end(): readonly string[] {
    const line = this.#open + this.#decoder.decode();
    this.#open = '';
    return line === '' ? this.#nothing() : this.#finish(line);
  }

  #finish(line: string): readonly string[] {
    const pieces = shownPieces(line);
    const shown = this.#isBegun ? pieces.filter((piece) => piece !== '') : pieces;
    this.#isBegun = false;
    return shown;
  }

  /** Returns the beginning of an unfinished line and keeps its rest. */
  #begin(to: number, keepFrom: number): readonly string[] {
    const pieces = shownPieces(this.#open.slice(0, to)).filter((piece) => piece !== '');
    this.#open = this.#open.slice(keepFrom);
    this.#isBegun ||= pieces.length > 0;
    return pieces;
  }

  #nothing(): readonly string[] {
    this.#isBegun = false;
    return [];
  }
}

/** Returns the pieces of a line; a single empty one if it shows nothing at all. */
function shownPieces(line: string): readonly string[] {
  if (!special.test(line)) return [line];
  const screen = new ScreenLine();
  let from = 0;
  for (const found of line.matchAll(control)) {
    screen.print(line.slice(from, found.index));
    from = found.index + found[0].length;
    screen.obey(found.groups ?? {});
  }
  screen.print(line.slice(from));
  return screen.pieces();
}

type Code = Readonly<Record<string, string | undefined>>;

/** A line of a terminal, with its cursor. */
class ScreenLine {
  readonly #pieces: string[] = [];
  #text = '';
  /** Number of characters to the right of the cursor. */
  #behind = 0;

  print(text: string): void {
    if (this.#behind === 0) {
      this.#text += text;
      return;
    }
    const cursor = this.#text.length - this.#behind;
    this.#text = this.#text.slice(0, cursor) + text + this.#text.slice(cursor + text.length);
    this.#behind = Math.max(0, this.#behind - text.length);
  }

  obey({ parameters = '', csi, other, backspaces, jump }: Code): void {
    if (backspaces !== undefined) this.#goBack(backspaces.length);
    else if (csi === 'C') this.print(' '.repeat(Math.min(Number(parameters) || 1, 200)));
    else if (jump !== undefined || (csi && jumpingCsi.test(csi)) || (other && '8DEM'.includes(other))) this.#jump();
  }

  pieces(): readonly string[] {
    this.#jump();
    return this.#pieces.length === 0 ? [''] : this.#pieces;
  }

  /**
   * A single step back overstrikes a character. Several steps rewrite a message that was shown, so
   * it becomes a piece.
   */
  #goBack(steps: number): void {
    if (steps > 1 && this.#text !== '') this.#pieces.push(this.#text);
    this.#behind = Math.min(this.#text.length, this.#behind + steps);
  }

  #jump(): void {
    if (this.#text !== '') this.#pieces.push(this.#text);
    this.#text = '';
    this.#behind = 0;
  }
}
