/**
 * Very long lists: a call takes at most some 120,000 arguments, so lists must not be spread into
 * one.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ShownLines } from '../../src/run/outcome/shown-lines.ts';
import { parseExpression } from '../../src/schedule/expression.ts';
import { nextFires } from '../../src/schedule/next.ts';
import { expectedTicks } from '../../src/schedule/ticks.ts';
import { zoneNamed, zonesOn } from '../fakes/zones.ts';

const many = 300_000;

test('a progress line that is rewritten 300,000 times within one piece of output is shown', () => {
  const pieces = new ShownLines().take(new TextEncoder().encode('a\r'.repeat(many)));
  assert.equal(pieces.length, many);
});

test('300,000 lines within one piece of output are shown', () => {
  assert.equal(new ShownLines().take(new TextEncoder().encode('a\n'.repeat(many))).length, many);
});

test('the ticks of a job that runs each minute are listed for a whole year', () => {
  const answer = parseExpression('* * * * *');
  assert.ok(answer.ok);
  const span = { afterMs: Date.UTC(2026, 0, 1), untilMs: Date.UTC(2027, 0, 1) };
  assert.equal(nextFires(answer.expression, { zone: zoneNamed('UTC'), ...span }).length, 365 * 1440);
  const job = { schedule: answer.expression, timing: {} };
  assert.equal(expectedTicks(job, span, zonesOn('UTC')).length, 365 * 1440);
});

test('no list is spread into the arguments of push, max and the like', () => {
  const source = fileURLToPath(new URL('../../../src/', import.meta.url));
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    // The assets of the page are a library of others, minified.
    (file) => /\.tsx?$/.test(file) && file !== 'generated/page-assets.ts',
  );
  assert.ok(files.length > 100);
  // The text up to the closing parenthesis of the call; two levels of nesting are enough.
  const call =
    /\b(?:push|unshift|max|min|hypot|fromCharCode|fromCodePoint|concat|splice|of|apply)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*?\.\.\.[^()]*/g;
  for (const file of files) {
    const text = readFileSync(path.join(source, file), 'utf8');
    // A spread inside an object or a list is not an argument of the call.
    for (const [found] of text.matchAll(call)) assert.ok(!isOfCall(found), `${file}: ${found}`);
  }
});

function isOfCall(found: string): boolean {
  const before = found.slice(found.indexOf('(') + 1, found.lastIndexOf('...'));
  const depth = (open: string, close: string) => before.split(open).length - before.split(close).length;
  return depth('{', '}') === 0 && depth('[', ']') === 0 && depth('(', ')') === 0;
}
