/**
 * What a program printed, safe to show on a terminal: colours pass, and every other control character is made visible, so that no log can clear
 * the screen, set a title or answer for the person who reads it.
 */
import { StringDecoder } from 'node:string_decoder';

const controls = /\u001b\[[0-9;:]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const unfinished = /\u001b(?:\[[0-9;:]{0,32})?$/;

/** Takes pieces of any size; one that ends within a character or a sequence is completed by the next. */
export class VisibleText {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  take(bytes: Uint8Array): string {
    const text = this.#rest + this.#decoder.write(Buffer.from(bytes));
    const [open = ''] = unfinished.exec(text) ?? [];
    this.#rest = open;
    return visible(open === '' ? text : text.slice(0, -open.length));
  }

  /** What is left of an unfinished sequence. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return visible(rest);
  }
}

function visible(text: string): string {
  return text.replace(controls, (found) => (found.length > 1 ? found : caret(found.charCodeAt(0))));
}

/** `^[` for ESC as cat -v shows it, `\x9b` for what lies beyond ASCII. */
function caret(code: number): string {
  if (code === 0x7f) return '^?';
  return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : `\\x${code.toString(16)}`;
}
