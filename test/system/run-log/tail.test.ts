import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Tail } from '../../../src/system/run-log/tail.ts';

const stamp = '2026-11-22 10:30:00,123';

test('the tail is the last whole lines of both streams, without stamps', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.string({ maxLength: 400 }), { maxLength: 30 }), { maxLength: 40 }), (reads) => {
      const tail = new Tail();
      const all = reads.flat().map((line) => line.replaceAll('\n', ' '));
      let next = 0;
      for (const read of reads) {
        const lines = read.map(() => `${stamp}\t${next % 3 === 0 ? 'ERROR' : 'INFO'}\t${all[next++]}\n`);
        tail.add(Buffer.from(lines.join('')));
      }
      const text = tail.text();
      const kept = text.split('\n').length - 1;
      assert.equal(
        text,
        all
          .slice(all.length - kept)
          .map((line) => `${line}\n`)
          .join(''),
      );
      const stamped = Buffer.byteLength(text) + kept * (stamp.length + 7);
      const before = all[all.length - kept - 1] ?? '';
      assert.ok(stamped <= 4096 || kept === 0);
      assert.ok(kept === all.length || stamped + Buffer.byteLength(before) + stamp.length + 8 > 4096 - kept);
    }),
  );
});

test('a line longer than the tail shows its end', () => {
  const tail = new Tail();
  tail.add(Buffer.from(`${stamp}\tINFO\t${'x'.repeat(9000)}END\n`));
  assert.match(tail.text(), /^x{4092}END\n$/);
});
