/**
 * Makes text of others safe to show: control characters and invisible characters are written as
 * `\u001b`, so that a name, a reason or a line of output can't rewrite a terminal, forge a line, or
 * look like another text. The escapes are those of JSON, so that a JSON text keeps its value.
 *
 * `printable` is for one line, `printableText` for several, `PrintableStream` for the output of a
 * program, in which colours pass.
 */

/**
 * Control, format, surrogate and separator characters, and others that Unicode calls ignorable, but
 * not the variants of an emoji.
 */
const unseen = '(?![\\ufe0e\\ufe0f])[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]';
/**
 * More combining marks on one character than any language has; they would cover the lines above.
 */
const flood = '(?<=\\p{M}{8})\\p{M}';
/** Select Graphic Rendition (ECMA-48, 8.3.117): colours. */
const colour = /\u001b\[[0-9;:]*m/;

/**
 * The patterns are compiled on demand: each costs a millisecond, and nearly all texts are plain
 * ASCII.
 */
const patterns: Partial<Record<'line' | 'text' | 'stream', RegExp>> = {};

/** Escapes one line; line breaks and tabs are escaped too. */
export function printable(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  patterns.line ??= new RegExp(`${unseen}|${flood}`, 'gu');
  return text.replace(patterns.line, escaped);
}

/** Escapes several lines; line breaks and tabs stay. */
export function printableText(text: string): string {
  if (/^[\t\n -~]*$/.test(text)) return text;
  patterns.text ??= new RegExp(`(?![\\t\\n])${unseen}|${flood}`, 'gu');
  return text.replace(patterns.text, escaped);
}

/**
 * Escapes each unit of UTF-16, as JSON does. One unit is the usual case; very many must not slow
 * the program down.
 */
function escaped(found: string): string {
  return found.length === 1
    ? unit(found, 0)
    : Array.from({ length: found.length }, (_, at) => unit(found, at)).join('');
}

function unit(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`;
}

/** A carriage return may be the first half of a line end, and an ESC the start of a colour. */
const unfinished = /(?:\r|\u001b(?:\[[0-9;:]{0,32})?)$/;
const colourOff = '\u001b[0m';

/**
 * Escapes the output of a program piece by piece; a sequence may span two pieces. Bytes that are no
 * UTF-8 become U+FFFD.
 */
export class PrintableStream {
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /**
   * Carriage returns pass, for the progress lines of a running program: they only go back in their
   * own line.
   */
  readonly #isLive: boolean;
  #rest = '';
  #isColoured = false;

  constructor(lines: 'log' | 'live') {
    this.#isLive = lines === 'live';
  }

  take(bytes: Uint8Array): string {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    const [open = ''] = (this.#isLive ? /\u001b(?:\[[0-9;:]{0,32})?$/ : unfinished).exec(text) ?? [];
    this.#rest = open;
    return this.#shown(open === '' ? text : text.slice(0, -open.length));
  }

  /**
   * Returns the rest of an unfinished character or sequence, and the end of a colour that was left
   * on.
   */
  end(): string {
    const rest = this.#shown(this.#rest + this.#decoder.decode());
    this.#rest = '';
    const off = this.#isColoured ? colourOff : '';
    this.#isColoured = false;
    return rest + off;
  }

  #shown(text: string): string {
    if (/^[\t\n -~]*$/.test(text)) return text;
    patterns.stream ??= new RegExp(`${colour.source}|\\r\\n|(?![\\t\\n])${unseen}|${flood}`, 'gu');
    return text.replace(patterns.stream, (found) => {
      if (found === '\r\n') return '\n';
      if (found === '\r' && this.#isLive) return found;
      if (!found.startsWith('\u001b[')) return escaped(found);
      this.#isColoured = !/^\u001b\[0*m$/.test(found);
      return found;
    });
  }
}
