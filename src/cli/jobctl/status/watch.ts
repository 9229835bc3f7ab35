/** `jobctl status --watch`: shows the state of all jobs anew every two seconds until a person quits. */
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ListedJob } from '../../../report/text/listing.ts';
import { keysIn, keysOfRest } from '../../../report/text/terminal/keys.ts';
import { newWatch, type Pressed, press, type Shown, type Watch } from '../../../report/text/terminal/press.ts';
import { type Page, pageOf, type ScreenOptions, screen } from '../../../report/text/terminal/screen.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { say } from '../../frame/output.ts';
import { AlternateScreen, codeOf } from './alternate-screen.ts';

/** Shortest time between two looks; after a slow look, four times what it took. */
const everyMs = 2000;
const rest = 4;
/** The jobs are read in slices of this time, between which keys are answered. */
const sliceMs = 25;
/** A terminal sends the rest of a key's sequence within this time. */
const escapeMs = 50;

/** The result of one look at the jobs. */
export interface Look {
  /** The reason why the jobs can't be read; then the others are empty. */
  readonly problem?: string;
  readonly slugs: readonly string[];
  job(slug: string): ListedJob | undefined;
  /** Lines about a job. */
  details(slug: string): readonly string[];
}

export interface Watched {
  look(): Look;
  options(): Pick<ScreenOptions, 'nowMs' | 'host' | 'formatTime'>;
  readonly style: Pick<ScreenOptions['terminal'], 'isColoured' | 'isUnicode'>;
  /** The job that is shown first. */
  readonly opened?: string;
}

/** Resolves with the exit code when a person quits, or when a signal ends it. */
export function watchJobs(watched: Watched): Promise<number> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY || (env.TERM ?? 'dumb') === 'dumb') {
    const what = !stdin.isTTY || !stdout.isTTY ? '' : ' that can be drawn on, and TERM is dumb';
    say('jobctl', `--watch needs a terminal${what}`);
    return Promise.resolve(exitCodes.usage);
  }
  return new Promise((resolve, reject) => new Watching(watched, resolve, reject).begin());
}

class Watching {
  readonly #watched: Watched;
  readonly #screen: AlternateScreen;
  readonly #resolve: (code: number) => void;
  readonly #reject: (error: unknown) => void;
  #watch: Watch;
  #look: Look = { slugs: [], job: () => undefined, details: () => [] };
  #jobs: readonly ListedJob[] = [];
  #page: { readonly page: Page; readonly key: string } | undefined;
  #details: readonly string[] = [];
  #shown: Shown = { slugs: [], rows: 1, scrolled: 0 };
  #unfinished = '';
  #escape: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  readonly #parent = process.ppid;

  constructor(watched: Watched, resolve: (code: number) => void, reject: (error: unknown) => void) {
    this.#watched = watched;
    this.#resolve = resolve;
    this.#reject = reject;
    const { opened } = watched;
    this.#watch = { ...newWatch, ...(opened !== undefined && { opened, selected: opened }) };
    this.#screen = new AlternateScreen({
      typed: (text) => this.#guarded(() => this.#typed(text)),
      changed: () => this.#guarded(() => this.#draw()),
      ended: (code) => this.#end(() => this.#resolve(code)),
    });
  }

  begin(): void {
    this.#screen.open();
    void this.#refresh();
  }

  /** An error must not leave the terminal as it is. */
  #guarded(act: () => void): void {
    try {
      if (!this.#isOver) act();
    } catch (error) {
      this.#end(() => this.#reject(error));
    }
  }

  #end(answer: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#escape);
    this.#screen.end();
    answer();
  }

  async #refresh(): Promise<void> {
    const beganMs = performance.now();
    // The shell that started this program was killed with -9, which sends no signal here. Another program uses the terminal now.
    if (process.ppid !== this.#parent) return this.#end(() => this.#resolve(codeOf('SIGHUP')));
    let workedMs = 0;
    try {
      // Nobody sees what a suspended program reads.
      if (this.#screen.isOpen) workedMs = await this.#read(beganMs);
    } catch (error) {
      this.#end(() => this.#reject(error));
    }
    if (this.#isOver) return;
    this.#timer = setTimeout(() => void this.#refresh(), Math.max(everyMs, rest * workedMs));
  }

  /** Reads all jobs and draws them; returns the time that this took. */
  async #read(beganMs: number): Promise<number> {
    const look = this.#watched.look();
    if (look.problem === undefined) {
      const jobs: ListedJob[] = [];
      let sliceBeganMs = performance.now();
      for (const slug of look.slugs) {
        const job = look.job(slug);
        if (job !== undefined) jobs.push(job);
        if (performance.now() - sliceBeganMs < sliceMs) continue;
        await nextTurn();
        if (this.#isOver) return 0;
        sliceBeganMs = performance.now();
      }
      this.#jobs = jobs;
    }
    this.#look = look;
    this.#page = undefined;
    this.#openDetails();
    this.#draw();
    return performance.now() - beganMs;
  }

  #openDetails(): void {
    const { opened } = this.#watch;
    this.#details = opened === undefined ? [] : this.#look.details(opened);
  }

  #draw(): void {
    const { problem } = this.#look;
    const terminal = { ...this.#watched.style, ...this.#screen.size };
    const options = { ...this.#watched.options(), problem, terminal };
    const drawn = screen(this.#pageNow(options), this.#watch, options, this.#details);
    this.#shown = drawn.shown;
    this.#screen.show(drawn.lines);
  }

  #pageNow(options: ScreenOptions): Page {
    const key = `${options.terminal.columns} ${this.#watch.filter}`;
    if (this.#page?.key !== key) this.#page = { key, page: pageOf(this.#jobs, this.#watch.filter, options) };
    return this.#page.page;
  }

  #typed(text: string): void {
    clearTimeout(this.#escape);
    const { keys, rest: unfinished } = keysIn(this.#unfinished + text);
    this.#unfinished = unfinished;
    for (const key of keys) if (!this.#press(press(this.#watch, key, this.#shown))) return;
    if (unfinished !== '') this.#escape = setTimeout(() => this.#guarded(() => this.#finish()), escapeMs);
    this.#draw();
  }

  #finish(): void {
    const keys = keysOfRest(this.#unfinished);
    this.#unfinished = '';
    for (const key of keys) if (!this.#press(press(this.#watch, key, this.#shown))) return;
    this.#draw();
  }

  /** False when the program ends or stops. */
  #press(pressed: Pressed): boolean {
    switch (pressed.is) {
      case 'quit':
        this.#end(() => this.#resolve(0));
        return false;
      case 'interrupt':
        this.#end(() => this.#resolve(codeOf('SIGINT')));
        return false;
      case 'suspend':
        this.#screen.suspend();
        return false;
      case 'redraw':
        return true;
      case 'watch': {
        const before = this.#watch;
        this.#watch = pressed.watch;
        if (before.opened !== this.#watch.opened) this.#openDetails();
        // The next key of the same read depends on the rows that this one leaves.
        if (before.filter !== this.#watch.filter) this.#draw();
        return true;
      }
      default:
        return pressed satisfies never;
    }
  }
}
