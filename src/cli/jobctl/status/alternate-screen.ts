/**
 * The alternate screen of the terminal, with the keyboard in raw mode. The terminal is given back as it was however the program ends
 * (kill -9 excepted).
 */
import { constants } from 'node:os';
import process from 'node:process';
import { printBytes } from '../../frame/output.ts';

/** Private modes 1049 (alternate screen) and 25 (cursor), as xterm, the Linux console, screen and tmux have them. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';

/** Signals that end the program. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface ScreenEvents {
  typed(text: string): void;
  /** The terminal has another size, or was given back to the program. */
  changed(): void;
  /** The program has to end with this code. */
  ended(code: number): void;
}

export class AlternateScreen {
  readonly #events: ScreenEvents;
  #isOpen = false;
  readonly #reopened = () => {
    this.open();
    this.#events.changed();
  };
  readonly #resized = () => this.#events.changed();
  readonly #gone = () => this.#events.ended(codeOf('SIGHUP'));
  readonly #typed = (text: string) => this.#events.typed(text);
  readonly #signalled = (signal: NodeJS.Signals) => this.#events.ended(codeOf(signal));
  readonly #closed = () => this.close();

  constructor(events: ScreenEvents) {
    this.#events = events;
    const { stdin, stdout } = process;
    for (const signal of endings) process.on(signal, this.#signalled);
    process.on('SIGCONT', this.#reopened);
    process.on('exit', this.#closed);
    stdout.on('resize', this.#resized);
    stdin.setEncoding('utf8');
    stdin.on('data', this.#typed);
    stdin.on('end', this.#gone);
    stdin.on('error', this.#gone);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Columns and rows; a terminal that does not know its size counts as 80 x 24. */
  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = process.stdout;
    return { columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24 };
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    process.stdin.setRawMode(true);
    write(enter);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      process.stdin.setRawMode(false);
    } catch {
      // The terminal has gone away.
    }
    write(leave);
  }

  /** Each line is cleared before it is written: behind a line of full width, clearing would take its last character. */
  show(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const { rows } = this.size;
    const all = Array.from({ length: rows }, (_, row) => restOfLine + (lines[row] ?? ''));
    if (!write(home + all.join('\r\n'))) this.#gone();
  }

  /** Stops the foreground process group, as the terminal does when it is not in raw mode. SIGCONT opens the screen again. */
  suspend(): void {
    this.close();
    process.kill(0, 'SIGTSTP');
    // The kernel does not stop a process group whose shell has no job control.
    setTimeout(this.#reopened, 50);
  }

  /** Gives the terminal back for good. */
  end(): void {
    this.close();
    const { stdin, stdout } = process;
    for (const signal of endings) process.off(signal, this.#signalled);
    process.off('SIGCONT', this.#reopened);
    process.off('exit', this.#closed);
    stdout.off('resize', this.#resized);
    stdin.off('data', this.#typed);
    stdin.off('end', this.#gone);
    stdin.pause();
  }
}

/** The exit code of a program that a signal has ended, as shells count it. */
export function codeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function write(text: string): boolean {
  return printBytes(Buffer.from(text));
}
