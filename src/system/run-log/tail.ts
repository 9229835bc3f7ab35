/** Keeps the last lines of output, for messages to people. */
import { Buffer } from 'node:buffer';
import { unstamped } from '../log-files/stamps.ts';

const limitBytes = 4096;

export class Tail {
  /** Twice the limit, so that bytes are moved once per limit and not with each line. */
  readonly #bytes = Buffer.allocUnsafeSlow(2 * limitBytes);
  #length = 0;
  #isCut = false;

  /** Adds whole stamped lines. */
  add(lines: Buffer): void {
    if (lines.length >= limitBytes) {
      this.#isCut ||= this.#length > 0 || lines.length > limitBytes;
      this.#length = lines.copy(this.#bytes, 0, lines.length - limitBytes);
      return;
    }
    if (this.#length + lines.length > this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#length - limitBytes, this.#length);
      this.#length = limitBytes;
    }
    this.#length += lines.copy(this.#bytes, this.#length);
  }

  /**
   * The last lines without their stamps. A line without its beginning is left out, unless it is the
   * only one.
   */
  text(): string {
    const from = Math.max(0, this.#length - limitBytes);
    const text = this.#bytes.toString('utf8', from, this.#length);
    const isCut = this.#isCut || from > 0;
    const firstWhole = isCut ? text.indexOf('\n') + 1 : 0;
    if (firstWhole === text.length) return text;
    return unstamped(text.slice(firstWhole).split('\n')).join('\n');
  }
}
