/**
 * `jobctl status --watch`: draws the state of all jobs anew every two seconds, on the alternate screen of the terminal, and gives the terminal
 * back as it was however it ends (kill -9 excepted).
 */
import { constants } from 'node:os';
import process from 'node:process';
import type { ListedJob } from '../../../report/text/listing.ts';
import {
  keysIn,
  newWatch,
  press,
  type Screen,
  type ScreenOptions,
  screen,
  type Watch,
} from '../../../report/text/screen.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { printBytes, say } from '../../frame/output.ts';

const everyMs = 2000;

/** Private modes 1049 (alternate screen) and 25 (cursor), as xterm, the Linux console, screen and tmux have them. */
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const restOfLine = '\u001b[K';
const restOfScreen = '\u001b[J';

export interface Watched {
  /** Asked again for each drawing. */
  jobs(): readonly ListedJob[];
  details(slug: string): readonly string[];
  options(): Omit<ScreenOptions, 'terminal' | 'rows' | 'details'>;
  readonly style: Pick<ScreenOptions['terminal'], 'isColoured' | 'isUnicode'>;
}

/** Resolves with the exit code when a person quits, or when a signal ends it. */
export function watchJobs(watched: Watched): Promise<number> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    say('jobctl', '--watch needs a terminal');
    return Promise.resolve(exitCodes.usage);
  }
  return new Promise((resolve) => {
    let watch: Watch = newWatch;
    let last: Screen | undefined;
    let jobs = watched.jobs();
    const draw = () => {
      const { columns, rows } = stdout;
      const terminal = { ...watched.style, columns };
      last = screen(jobs, watch, { ...watched.options(), terminal, rows, details: (slug) => watched.details(slug) });
      write(home + last.lines.map((line) => line + restOfLine).join('\r\n') + restOfScreen);
    };
    const refresh = () => {
      jobs = watched.jobs();
      draw();
    };
    let isOpen = false;
    const open = () => {
      if (isOpen) return;
      isOpen = true;
      stdin.setRawMode(true);
      write(enter);
    };
    const close = () => {
      isOpen = false;
      stdin.setRawMode(false);
      write(leave);
    };
    const timer = setInterval(() => isOpen && refresh(), everyMs);
    const end = (code: number) => {
      clearInterval(timer);
      close();
      stdin.pause();
      resolve(code);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const)
      process.once(signal, () => end(128 + constants.signals[signal]));
    process.on('SIGWINCH', draw);
    const reopen = () => {
      open();
      refresh();
    };
    process.on('SIGCONT', reopen);
    // The terminal has gone away.
    stdin.once('end', () => end(128 + constants.signals.SIGHUP));
    stdin.on('data', (bytes: Buffer) => {
      for (const key of keysIn(bytes.toString())) {
        const pressed = press(watch, key, last?.shown ?? { slugs: [], rows: 1 });
        if (pressed.is === 'quit') {
          end(0);
          return;
        }
        if (pressed.is === 'suspend') {
          close();
          // The whole foreground group, as a terminal does that is not in raw mode; SIGCONT opens the screen again.
          process.kill(0, 'SIGTSTP');
          // The kernel stops nobody whose shell has no job control.
          setTimeout(reopen, 50);
          return;
        }
        if (pressed.is === 'watch') watch = pressed.watch;
      }
      draw();
    });
    open();
    draw();
  });
}

function write(text: string): void {
  printBytes(Buffer.from(text));
}
