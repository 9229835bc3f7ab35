import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { differencesAtClockChanges, kubernetesSchedule } from '../../../../src/fleet/export/kubernetes/schedule.ts';
import { expressionOf } from '../../../../src/schedule/expression.ts';
import { nextFires } from '../../../../src/schedule/next.ts';
import { findZone } from '../../../../src/system/time/zones.ts';
import { dayMs } from '../../../../src/zone/zone.ts';
import { schedule } from '../../../schedule/schedules.ts';
import { startsInKubernetes } from './controller.ts';

const seen = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../../../../test/data/kubernetes-starts.json'), 'utf8'),
) as Readonly<Record<string, readonly string[]>>;

const zoneOf = (name: string) => findZone(name) ?? assert.fail(`no zone ${name}`);
const expression = (text: string) => expressionOf(text) ?? assert.fail(text);

test('the model of the controller starts jobs when its own parser was seen to', () => {
  const differing: string[] = [];
  let count = 0;
  for (const [name, cases] of Object.entries(seen)) {
    for (const row of cases) {
      const [text = '', after = '', instants = ''] = row.split(' | ');
      const fires = instants.split(' ');
      const afterMs = Date.parse(after);
      const untilMs = Date.parse(`${fires.at(-1)}Z`);
      const starts = startsInKubernetes(text, { zone: zoneOf(name), afterMs, untilMs, count: fires.length });
      const found = starts.map((ms) => new Date(ms).toISOString().slice(0, 16));
      if (found.join() !== fires.join()) differing.push(`${text} in ${name} after ${after}`);
      count += 1;
    }
  }
  assert.equal(count, 300);
  // The controller forgets the midnight after a clock change of half an hour.
  assert.deepEqual(
    differing.map((words) => words.replace(/.* in /, '').replace(/ after .*/, '')),
    ['Australia/Lord_Howe', 'Australia/Lord_Howe', 'Australia/Lord_Howe'],
    differing.join('\n'),
  );
});

test('what is written for Kubernetes starts a job at the same minutes, where the clock does not change', () => {
  const zone = zoneOf('UTC');
  const afterMs = Date.UTC(2026, 10, 30);
  fc.assert(
    fc.property(schedule, ({ text }) => {
      const parsed = expressionOf(text);
      fc.pre(parsed !== undefined && !parsed.atBoot);
      const written = kubernetesSchedule(parsed as NonNullable<typeof parsed>);
      if (written === undefined) {
        const [, , day, , weekday] = text.split(' ');
        assert.ok(day?.startsWith('*') || weekday?.startsWith('*'), `${text} says "either"`);
        assert.ok(day !== '*' && weekday !== '*', text);
        return;
      }
      const fires = nextFires(parsed as NonNullable<typeof parsed>, { zone, afterMs, count: 10 });
      const untilMs = Math.min(fires.at(-1) ?? afterMs, afterMs + 800 * dayMs);
      const starts = startsInKubernetes(written, { zone, afterMs, untilMs, count: 10 });
      assert.deepEqual(
        starts,
        fires.filter((ms) => ms <= untilMs),
        `${text}: ${written}`,
      );
    }),
    { numRuns: 150 },
  );
});

test('a job that starts otherwise at a clock change is told of', () => {
  const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'].map(zoneOf);
  const nowMs = Date.UTC(2026, 10, 30);
  const nearChange = fc.record({
    minute: fc.constantFrom('0', '30', '*/15', '59', '*', '0-59'),
    hour: fc.constantFrom('1', '2', '3', '1-3', '*', '0-23', '5', '*/2'),
    zone: fc.constantFrom(...zones),
  });
  let differing = 0;
  fc.assert(
    fc.property(nearChange, ({ minute, hour, zone }) => {
      const parsed = expression(`${minute} ${hour} * * *`);
      const written = kubernetesSchedule(parsed) ?? assert.fail('it can be said');
      const told = differencesAtClockChanges(parsed, zone, nowMs);
      const differs = zone.changes({ afterMs: nowMs, untilMs: nowMs + 360 * dayMs }).some(({ atMs }) => {
        const span = { zone, afterMs: atMs - dayMs / 4, untilMs: atMs + dayMs / 4 };
        const kubernetes = startsInKubernetes(written, { ...span, count: 1000 });
        return JSON.stringify(kubernetes) !== JSON.stringify(nextFires(parsed, span));
      });
      assert.equal(told.length > 0, differs, `${minute} ${hour} in ${zone.name}: ${told.join('; ')}`);
      differing += differs ? 1 : 0;
    }),
    { numRuns: 120 },
  );
  assert.ok(differing > 10, 'some cases differ');
});

test('each spelling becomes what Kubernetes understands', () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    '0 6 * * 7': '0 6 * * 0',
    '@daily': '0 0 * * *',
    '*/5 0-23 * * *': '*/5 * * * *',
    '0 0 1-31 * 1': '0 0 * * *',
    '0 0 13 * 5': '0 0 13 * 5',
    '0 0 */2 * 1': undefined,
    '0 0 * * mon-fri': '0 0 * * 1-5',
    '0 0 1 jan,jul *': '0 0 1 1,7 *',
  };
  for (const [text, written] of Object.entries(cases))
    assert.equal(kubernetesSchedule(expression(text)), written, text);
});
