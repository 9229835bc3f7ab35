import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import stringWidth from 'string-width';
import type { ListedJob } from '../../../../src/report/text/listing.ts';
import { keysIn } from '../../../../src/report/text/terminal/keys.ts';
import { newWatch, press, type Watch } from '../../../../src/report/text/terminal/press.ts';
import { pageOf, type ScreenOptions, screen } from '../../../../src/report/text/terminal/screen.ts';

const jobs: readonly ListedJob[] = Array.from({ length: 30 }, (_, number) => ({
  slug: `job-${String(number).padStart(2, '0')}`,
  state: number === 7 ? 'failing' : 'ok',
  lastMs: 0,
  tags: number === 3 ? ['night'] : [],
  note: number === 7 ? 'failed with exit code 3 because of something that takes a whole line of words' : '',
}));

const options = (columns: number, rows: number): ScreenOptions => ({
  nowMs: 60_000,
  formatTime: () => '2026-11-30 12:00:00',
  host: 'shop',
  terminal: { columns, rows, isColoured: false, isUnicode: true },
});

const details = Array.from({ length: 20 }, (_, line) => `line ${line}`);

/** A person at a terminal of 80 x 12. */
class Person {
  watch: Watch = newWatch;
  readonly #options = options(80, 12);

  get screen() {
    return screen(pageOf(jobs, this.watch.filter, this.#options), this.watch, this.#options, details);
  }

  get lines(): readonly string[] {
    return this.screen.lines;
  }

  get marked(): string | undefined {
    return this.lines.find((line) => line.startsWith('>'))?.split(' ')[0];
  }

  type(input: string): string {
    let answer = 'watch';
    for (const key of keysIn(input).keys) {
      const pressed = press(this.watch, key, this.screen.shown);
      answer = pressed.is;
      if (pressed.is === 'watch') this.watch = pressed.watch;
    }
    return answer;
  }
}

test('the screen has the host, the titles, the jobs, the totals and the keys', () => {
  const { lines } = new Person();
  assert.equal(lines.length, 12);
  assert.equal(lines[0], 'shop  2026-11-30 12:00:00');
  assert.match(lines[1] ?? '', /^ JOB +STATE +LAST/);
  assert.match(lines[2] ?? '', /^>job-07 +failing +1 min ago/);
  assert.equal(lines[10], '30 jobs: 1 failing, 29 ok');
  assert.match(lines[11] ?? '', /Enter show {2}\/ filter {2}q quit/);
});

test('arrows, j, k, page keys and the ends move the mark, and the rows follow it', () => {
  const person = new Person();
  assert.equal(person.marked, '>job-07');
  person.type('\u001b[B');
  assert.equal(person.marked, '>job-00');
  person.type('k');
  assert.equal(person.marked, '>job-07');
  person.type('k\u001b[5~');
  assert.equal(person.marked, '>job-07', 'there is nothing above the first row');
  person.type('G');
  assert.equal(person.marked, '>job-29');
  person.type('j\u001b[6~');
  assert.equal(person.marked, '>job-29');
  person.type('g ');
  assert.equal(person.marked, `>${person.screen.shown.slugs[person.screen.shown.rows]}`);
});

test('a filter finds names, states and tags while it is typed; Enter keeps it, and Escape ends it', () => {
  const person = new Person();
  person.type('/NIGHT');
  assert.deepEqual(person.screen.shown.slugs, ['job-03']);
  assert.equal(person.lines.at(-1), '/NIGHT_');
  person.type('\u007f\u007f\u007f\u007f\u007f\u007fjob-1q');
  assert.deepEqual(person.screen.shown.slugs, [], 'q is a letter of the filter');
  person.type('\u007f\r');
  assert.equal(person.screen.shown.slugs.length, 10);
  assert.equal(person.lines.at(-1), '/job-1  (Esc: all jobs)');
  assert.equal(press(person.watch, { is: 'escape' }, person.screen.shown).is, 'watch');
  person.watch = { ...person.watch, filter: '' };
  assert.equal(person.screen.shown.slugs.length, 30);
});

test('Enter shows the marked job, which scrolls to its end and not beyond, and Enter leaves it', () => {
  const person = new Person();
  person.type('j\r');
  assert.equal(person.watch.opened, 'job-00');
  assert.equal(person.lines[1], 'line 0');
  assert.match(person.lines.at(-1) ?? '', /q quit {2}10 of 20 lines$/);
  person.type('G');
  assert.equal(person.lines.at(-2), 'line 19');
  person.type('k');
  assert.equal(person.lines.at(-2), 'line 18', 'one step back is one line');
  person.type('\r');
  assert.equal(person.watch.opened, undefined);
  assert.equal(person.marked, '>job-00');
});

test('q quits, Ctrl-C interrupts, Ctrl-Z suspends and Ctrl-L draws again, also in a filter and in a job', () => {
  for (const before of ['', '/x', '\r']) {
    const person = new Person();
    person.type(before);
    assert.equal(person.type('\u0003'), 'interrupt');
    assert.equal(person.type('\u001a'), 'suspend');
    assert.equal(person.type('\u000c'), 'redraw');
    assert.equal(person.type('q'), before === '/x' ? 'watch' : 'quit');
  }
});

test('where notes have no column, that of the marked job is shown', () => {
  const at = options(40, 12);
  const page = pageOf(jobs, '', at);
  assert.match(screen(page, newWatch, at, []).lines.join('\n'), /\nfailed with exit code 3 because of some…\n30 jobs/);
  const other = screen(page, { ...newWatch, selected: 'job-01' }, at, []).lines.join('\n');
  assert.doesNotMatch(other, /failed with/);
});

test('a job that is gone gives the mark to the first one', () => {
  const at = options(80, 12);
  const watch = { ...newWatch, selected: 'job-99' };
  assert.match(screen(pageOf(jobs, '', at), watch, at, []).lines[2] ?? '', /^>job-07/);
  assert.deepEqual(screen(pageOf([], '', at), watch, at, []).shown.slugs, []);
});

test('jobs that can not be read now are a line below the host', () => {
  const at = { ...options(80, 12), problem: '/jobs: permission denied\u001b[2J' };
  const { lines } = screen(pageOf(jobs, '', at), newWatch, at, []);
  assert.equal(lines[1], '/jobs: permission denied\\u001b[2J');
  assert.equal(lines.length, 12);
});

test('a screen is never higher or wider than the terminal, whatever is typed', () => {
  const keys = fc.array(
    fc.constantFrom('\u001b[A', '\u001b[B', '\u001b[6~', '\u001b[F', '\r', '/', 'j', '9', '\u007f', 'G', 'g', '日'),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(keys, fc.integer({ min: 24, max: 200 }), fc.integer({ min: 1, max: 60 }), (typed, columns, rows) => {
      const at = options(columns, rows);
      let watch: Watch = newWatch;
      for (const key of keysIn(typed.join('')).keys) {
        const { shown } = screen(pageOf(jobs, watch.filter, at), watch, at, details);
        const pressed = press(watch, key, shown);
        if (pressed.is === 'watch') watch = pressed.watch;
      }
      const { lines } = screen(pageOf(jobs, watch.filter, at), watch, at, details);
      assert.ok(lines.length <= rows);
      for (const line of lines) assert.ok(stringWidth(line) <= columns, JSON.stringify(line));
    }),
  );
});
