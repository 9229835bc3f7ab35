import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseExpression } from '../../src/schedule/expression.ts';
import { checkSchedule } from './expressions.ts';
import { nearSchedule, schedule } from './schedules.ts';

test('every schedule of the grammar means the union of its items', () => {
  fc.assert(
    fc.property(schedule, ({ text, terms }) => {
      const answer = parseExpression(text);
      fc.pre(answer.ok || !answer.problems.every(({ message }) => message.startsWith('can never run')));
      assert.ok(answer.ok, JSON.stringify(answer));
      const { minutes, hours, days, months, weekdays } = answer.expression;
      assert.deepEqual(
        [minutes, hours, days, months, weekdays],
        terms.map(({ values }) => values),
      );
    }),
    { numRuns: 3000 },
  );
});

test('cron-validate accepts every schedule that we accept', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        schedule.map(({ text }) => text),
        nearSchedule,
      ),
      (text) => {
        assert.equal(checkSchedule(text).ok, parseExpression(text).ok);
      },
    ),
    { numRuns: 3000 },
  );
});

test('every text is either a schedule or refused with a place inside it', () => {
  fc.assert(
    fc.property(fc.oneof(nearSchedule, fc.string({ unit: 'binary' }), fc.string()), (text) => {
      const answer = checkSchedule(text);
      const problems = answer.ok ? answer.warnings : answer.problems;
      assert.ok(answer.ok || problems.length > 0);
      for (const { column } of problems) assert.ok(column >= 1 && column <= text.length + 1, `column ${column}`);
    }),
    { numRuns: 2000 },
  );
});

test('the canonical text of a schedule is a schedule of the same meaning', () => {
  fc.assert(
    fc.property(schedule, fc.constantFrom(' ', '  ', '\t', ' \t '), ({ text }, blanks) => {
      const spaced = parseExpression(blanks + text.replaceAll(' ', blanks) + blanks);
      const plain = parseExpression(text);
      assert.equal(spaced.ok, plain.ok);
      if (!spaced.ok || !plain.ok) return;
      assert.equal(spaced.expression.text, text);
      assert.deepEqual({ ...spaced.expression, terms: [], written: text }, { ...plain.expression, terms: [] });
    }),
  );
});
