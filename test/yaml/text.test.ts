import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../src/text/problem.ts';
import { decode } from '../../src/yaml/text.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

const readable: readonly [string, Uint8Array, string][] = [
  ['plain text', utf8('name: a\n'), 'name: a\n'],
  ['umlauts and emoji', utf8('name: Übergabe 🚚\n'), 'name: Übergabe 🚚\n'],
  ['a byte order mark, which is dropped', Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 'a'],
  ['line ends of Windows', utf8('a: 1\r\nb: 2\r\n'), 'a: 1\r\nb: 2\r\n'],
  ['nothing', new Uint8Array(), ''],
];

for (const [what, bytes, text] of readable) {
  test(`is read: ${what}`, () => {
    assert.deepEqual(decode(bytes), { ok: true, text });
  });
}

const refused: readonly [string, Uint8Array, string][] = [
  ['NUL', utf8('a: b\nc: d\0'), 'f:2:5: the file must be plain text, found the control character U+0000'],
  ['BEL', utf8('a: b\u0007'), 'f:1:5: the file must be plain text, found the control character U+0007'],
  [
    'an escape sequence',
    utf8('a: \u001b[2J'),
    'f:1:4: the file must be plain text, found the control character U+001B',
  ],
  ['a lone carriage return', utf8('a: b\rc'), 'f:1:5: the file must be plain text, found the control character U+000D'],
  ['a C1 control', utf8('a: \u009b'), 'f:1:4: the file must be plain text, found the control character U+009B'],
  [
    'text that is shown in another order (Trojan Source)',
    utf8('command: true \u2066# safe'),
    'f:1:15: the character U+2066 makes text appear in another order than it is read; remove it',
  ],
  [
    'text that runs backwards',
    utf8('name: a\u202eb'),
    'f:1:8: the character U+202E makes text appear in another order than it is read; remove it',
  ],
  ['Latin-1', Uint8Array.of(0x61, 0x0a, 0x62, 0xe9, 0x63), 'f:2:2: this is not UTF-8; save the file as UTF-8'],
  ['an overlong encoding', Uint8Array.of(0x61, 0xc0, 0xaf), 'f:1:2: this is not UTF-8; save the file as UTF-8'],
  ['half a surrogate pair', Uint8Array.of(0xed, 0xa0, 0x80), 'f:1:1: this is not UTF-8; save the file as UTF-8'],
  ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x61, 0x00), 'f:1:1: the file is UTF-16; save it as UTF-8'],
  ['UTF-16, big end first', Uint8Array.of(0xfe, 0xff, 0x00, 0x61), 'f:1:1: the file is UTF-16; save it as UTF-8'],
];

for (const [what, bytes, message] of refused) {
  test(`is refused with its place: ${what}`, () => {
    const answer = decode(bytes);
    assert.equal(answer.ok ? 'read' : formatProblem({ file: 'f', ...answer.problem }), message);
  });
}
