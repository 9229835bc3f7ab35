import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keysIn, keysOfRest } from '../../../../src/report/text/terminal/keys.ts';

const namesIn = (input: string) => keysIn(input).keys.map((key) => (key.is === 'text' ? key.text : key.is));

test('each key of xterm and of the Linux console is known, in both modes', () => {
  assert.deepEqual(namesIn('\u001b[A\u001bOA\u001b[B\u001bOB'), ['up', 'up', 'down', 'down']);
  assert.deepEqual(namesIn('\u001b[5~\u001b[6~\u001b[H\u001b[1~\u001b[F\u001b[4~'), [
    ...['page-up', 'page-down', 'first', 'first', 'last', 'last'],
  ]);
  assert.deepEqual(namesIn('\r\n\u007f\b\u0003\u001a\u000c'), [
    ...['enter', 'enter', 'erase', 'erase', 'interrupt', 'suspend', 'redraw'],
  ]);
});

test('text is taken character by character, and what has no meaning is left out', () => {
  assert.deepEqual(namesIn('q日👍'), ['q', '日', '👍']);
  assert.deepEqual(namesIn('\u001b[15~\u001b[<0;3;4M\u001b[1;5C\u0001\tq'), ['q']);
});

test('the beginning of a sequence waits for its rest; alone it is Escape', () => {
  for (const beginning of ['\u001b', '\u001b[', '\u001bO', '\u001b[1;5']) {
    assert.deepEqual(keysIn(`q${beginning}`), { keys: [{ is: 'text', text: 'q' }], rest: beginning });
    assert.deepEqual(keysOfRest(beginning), [{ is: 'escape' }]);
  }
  assert.deepEqual(keysOfRest(''), []);
  const { rest } = keysIn('\u001b[');
  assert.deepEqual(keysIn(`${rest}A`).keys, [{ is: 'up' }]);
});

test('Escape before another key is Escape', () => {
  assert.deepEqual(namesIn('\u001bq'), ['escape', 'q']);
});

test('keys are the same however the input is split, and no control character becomes text', () => {
  const part = fc.constantFrom('\u001b[A', '\u001bOB', '\u001b[6~', '\r', 'a', '/', 'é', '\u0001', '\u001b[1;5C');
  fc.assert(
    fc.property(fc.array(part), fc.nat(), (parts, at) => {
      const input = parts.join('');
      const first = keysIn(input.slice(0, at % (input.length + 1)));
      const second = keysIn(first.rest + input.slice(at % (input.length + 1)));
      assert.deepEqual([...first.keys, ...second.keys], keysIn(input).keys);
      assert.equal(second.rest, '');
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (input) => {
      for (const key of keysIn(input).keys)
        if (key.is === 'text') assert.doesNotMatch(key.text, /[\u0000-\u001f\u007f]/);
    }),
  );
});
