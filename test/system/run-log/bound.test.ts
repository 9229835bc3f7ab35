import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBound } from '../../../src/system/run-log/bound.ts';
import { capture, entriesOf } from './capturing.ts';

const note = (leftOut: { lines: number; bytes: number }) => Buffer.from(`- ${leftOut.lines} ${leftOut.bytes}\n`);

/** A file as LogBound sees it. */
function bounded(maxBytes: number) {
  let text = '';
  let mark = 0;
  let largest = 0;
  let cuts = 0;
  const bound = new LogBound({
    maxBytes,
    mark: () => {
      mark = text.length;
    },
    cut: (bytes) => {
      text = text.slice(0, mark) + bytes.toString('latin1');
      cuts += 1;
    },
    note,
  });
  return {
    bound,
    write(lines: string) {
      if (!bound.takes(Buffer.from(lines, 'latin1'))) text += lines;
      largest = Math.max(largest, text.length);
    },
    read: () => ({ text, largest, cuts }),
  };
}

test('the head and the end always stay, and the output between them is counted', () => {
  const maxBytes = 1 << 20;
  const block = fc.record({ lines: fc.integer({ min: 1, max: 2000 }), width: fc.integer({ min: 0, max: 60 }) });
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 90 }), (blocks) => {
      const file = bounded(maxBytes);
      let whole = '';
      let number = 0;
      for (const { lines, width } of blocks) {
        let some = '';
        for (let i = 0; i < lines; i += 1) {
          number += 1;
          some += `${number} ${'x'.repeat(width)}\n`;
        }
        whole += some;
        file.write(some);
      }
      const { text, largest } = file.read();
      const { leftOut } = file.bound;
      if (leftOut === undefined) {
        assert.equal(text, whole);
        return;
      }
      const [head = '', end = ''] = text.split(note(leftOut).toString());
      assert.ok(whole.startsWith(head), 'the head is the beginning');
      assert.ok(whole.endsWith(end), 'the end is the end');
      assert.ok(head.length > maxBytes / 2 && end.length > maxBytes / 8, `${head.length} ${end.length}`);
      assert.equal(head.length + leftOut.bytes + end.length, whole.length);
      assert.equal(leftOut.lines, whole.slice(head.length, head.length + leftOut.bytes).split('\n').length - 1);
      assert.ok(largest <= maxBytes + 131_072, `${largest}`);
    }),
    { numRuns: 40 },
  );
});

test('the log of a command that prints far more has its beginning and its end, and a note of what is missing', async (t) => {
  const maxBytes = 1 << 20;
  const script = 'echo first; seq 1 3000000; echo last >&2';
  const { text, totals, log } = await capture(t, [script, 'echo second command'], { maxBytes });
  assert.ok(statSync(log.path).size <= maxBytes + 200_000, String(statSync(log.path).size));
  const entries = entriesOf(text);
  const { leftOut } = totals;
  assert.ok(leftOut !== undefined);
  const notes = entries.filter(({ level }) => level === 'NOTE').map((entry) => entry.text);
  assert.deepEqual(notes, [`${leftOut.lines} lines (${leftOut.bytes} bytes) are left out here: log_max_size is 1M`]);
  const at = entries.findIndex(({ level }) => level === 'NOTE');
  const numbers = (from: number, to: number) =>
    entries.slice(from, to).flatMap((entry) => (/^\d+$/.test(entry.text) ? [Number(entry.text)] : []));
  const [head, end] = [numbers(0, at), numbers(at, entries.length)];
  assert.equal(entries[3]?.text, 'first');
  assert.deepEqual(
    head,
    Array.from({ length: head.length }, (_, i) => i + 1),
  );
  assert.deepEqual(
    end,
    Array.from({ length: end.length }, (_, i) => 3_000_000 - end.length + i + 1),
  );
  assert.ok(head.length > 10_000 && end.length > 1000);
  assert.equal(head.length + end.length + leftOut.lines, 3_000_000);
  assert.ok(entries.some((entry) => entry.level === 'ERROR' && entry.text === 'last'));
  assert.equal(entries.at(-2)?.text, 'second command');
  assert.equal(totals.lostBytes, 0);
  assert.equal(totals.stdoutBytes, 'first\nsecond command\n'.length + 22_888_896);
});

test('a log below the size is unchanged', async (t) => {
  const { text, totals } = await capture(t, ['seq 1 2000'], { maxBytes: 1 << 20 });
  assert.equal(entriesOf(text).filter((entry) => /^\d+$/.test(entry.text)).length, 2000);
  assert.equal(totals.leftOut, undefined);
});

/**
 * The text of a file that grows and is cut. The kernel gives a reader zeros for what is cut off while it reads; a hole would still be there at
 * the next look.
 */
function lookAt(file: string): string {
  const look = () => readFileSync(file, 'latin1');
  const first = look();
  return first.includes('\0') ? look() : first;
}

test('at any moment of the writing the file has its head and an end, and no holes', async (t) => {
  const looks: string[] = [];
  let looking: NodeJS.Timeout | undefined;
  await capture(t, ['seq 1 4000000'], {
    maxBytes: 1 << 20,
    onOpen: (file) => {
      looking = setInterval(() => looks.push(lookAt(file)), 5);
    },
  });
  clearInterval(looking);
  const cut = looks.filter((text) => text.includes('are left out here'));
  assert.ok(cut.length > 0);
  for (const text of cut) {
    assert.ok(!text.includes('\0'));
    assert.match(text, /\tINFO\t1\n/);
    assert.ok(text.slice(text.lastIndexOf('are left out here')).length > 100_000, 'the end is there');
  }
});
