import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Stamps } from '../../../src/system/log-files/stamps.ts';
import { longestLineBytes, Stamper } from '../../../src/system/run-log/stamper.ts';

const at = Date.parse('2026-11-22T10:30:00.123Z');
const stamp = '2026-11-22 10:30:00,123';

function stampedInPieces(bytes: Buffer, sizes: readonly number[]): { text: string; missedNewline: boolean } {
  const lines: Buffer[] = [];
  const stamps = new Stamps(
    () => at,
    () => 0,
  );
  const stamper = new Stamper({ level: 'INFO', stamps, onLines: (some) => lines.push(Buffer.from(some)) });
  for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
    const size = Math.min(sizes[turn % sizes.length] ?? 1, stamper.input.length, bytes.length - from);
    bytes.copy(stamper.input, 0, from, from + size);
    stamper.take(size);
    from += size;
  }
  const missedNewline = stamper.end();
  return { text: Buffer.concat(lines).toString('latin1'), missedNewline };
}

/** The expected log, computed in the simplest way. */
function expected(bytes: Buffer): string {
  const lines = bytes.toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(stampedLine).join('');
}

function stampedLine(line: string): string {
  const pieces = [line.slice(0, longestLineBytes)];
  for (let from = longestLineBytes; from < line.length; from += longestLineBytes) {
    pieces.push(line.slice(from, from + longestLineBytes));
  }
  return pieces.map((piece, index) => `${stamp}\tINFO${index === 0 ? '' : '+'}\t${piece}\n`).join('');
}

/**
 * Short lines of any bytes, empty ones, and runs of one byte that make lines of up to four times
 * the longest.
 */
const output = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.uint8Array({ maxLength: 90 }) },
      { weight: 2, arbitrary: fc.constantFrom(Buffer.from('\n'), Buffer.from('\n\n'), Buffer.from('\r\n')) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: -2, max: 2 }), fc.integer({ min: 0, max: 4 }))
          .map(([byte, more, times]) => Buffer.alloc(Math.max(0, longestLineBytes * times + more), byte)),
      },
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 4000, max: 65_536 }), fc.constant(65_536)),
  { minLength: 1, maxLength: 5 },
);

test('each line gets its stamp, whatever its bytes and however it is cut into reads', () => {
  fc.assert(
    fc.property(output, sizes, (bytes, pieces) => {
      const { text, missedNewline } = stampedInPieces(bytes, pieces);
      assert.ok(text === expected(bytes), 'the stamped text differs');
      assert.equal(missedNewline, bytes.length > 0 && bytes.at(-1) !== 0x0a);
    }),
    { numRuns: 300 },
  );
});

test('a read full of empty lines, which grows thirtyfold, is stamped', () => {
  const bytes = Buffer.alloc(65_536, '\n');
  assert.equal(stampedInPieces(bytes, [65_536]).text, expected(bytes));
});

test('a line of exactly 64 KiB is not cut, one byte more is', () => {
  const longest = 'x'.repeat(longestLineBytes);
  assert.equal(stampedInPieces(Buffer.from(`${longest}\n`), [1000]).text, `${stamp}\tINFO\t${longest}\n`);
  assert.equal(
    stampedInPieces(Buffer.from(`${longest}y\nz\n`), [65_536]).text,
    `${stamp}\tINFO\t${longest}\n${stamp}\tINFO+\ty\n${stamp}\tINFO\tz\n`,
  );
});

test('a line is stamped with the time at which it was complete', () => {
  const lines: string[] = [];
  let nowMs = at;
  const stamps = new Stamps(
    () => nowMs,
    () => 0,
  );
  const stamper = new Stamper({ level: 'ERROR', stamps, onLines: (some) => lines.push(some.toString()) });
  stamper.take(stamper.input.write('working'));
  nowMs += 61_001;
  stamper.take(stamper.input.write(' … done\n'));
  assert.deepEqual(lines, ['2026-11-22 10:31:01,124\tERROR\tworking … done\n']);
});

test('the stamp is the host’s time before, in and after the hour in which the clocks change', () => {
  const change = Date.parse('2026-10-25T01:00:00Z');
  let nowMs = change - 1;
  const stamps = new Stamps(
    () => nowMs,
    (second) => (second * 1000 < change ? 7200 : 3600),
  );
  assert.equal(stamps.prefix('NOTE'), '2026-10-25 02:59:59,999\tNOTE\t');
  nowMs = change;
  assert.equal(stamps.prefix('NOTE'), '2026-10-25 02:00:00,000\tNOTE\t');
  nowMs = Date.parse('1969-12-31T23:59:59.001Z');
  assert.equal(stamps.prefix('NOTE'), '1970-01-01 01:59:59,001\tNOTE\t');
});

test('whenever an unfinished line is written early, the pieces put together again are what was printed', () => {
  const step = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(Buffer.from('\n'), Buffer.from('\r\n')));
  const steps = fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (printed) => {
      let text = '';
      const stamps = new Stamps(
        () => at,
        () => 0,
      );
      const onLines = (some: Buffer) => {
        text += some.toString('latin1');
      };
      const stamper = new Stamper({ level: 'INFO', stamps, onLines });
      for (const [bytes, isEarly] of printed) {
        stamper.input.set(bytes);
        stamper.take(bytes.length);
        if (isEarly) {
          stamper.writeHeld();
          assert.equal(stamper.held, undefined);
        }
      }
      const whole = Buffer.concat(printed.map(([bytes]) => bytes)).toString('latin1');
      assert.equal(stamper.end(), whole !== '' && !whole.endsWith('\n'));
      // Each line of the log begins with the stamp, so what was printed is between them.
      const pieces = text.split(/\n?2026-11-22 10:30:00,123\t(INFO\+?)\t/).slice(1);
      let again = '';
      for (let i = 0; i < pieces.length; i += 2)
        again += `${pieces[i] === 'INFO' && i > 0 ? '\n' : ''}${pieces[i + 1]}`;
      const isEmpty = whole === '';
      assert.equal(again, isEmpty ? '' : whole.endsWith('\n') ? whole : `${whole}\n`);
    }),
    { numRuns: 500 },
  );
});
