import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronLogLines } from '../../../src/report/why/cron-log.ts';
import { zoneNamed } from '../../fakes/zones.ts';

const at = Date.parse('2026-11-25T10:30:01Z');
const span = { fromMs: at - 3_600_000, untilMs: at + 3_600_000, hostZone: zoneNamed('Europe/Berlin') };
const text = 'CRON[900]: (svc) CMD (/usr/bin/run-job --job backup)';

test('three ways to write a time are understood', () => {
  for (const line of [
    `2026-11-25T11:30:01.000000+01:00 host ${text}`,
    `2026-11-25T10:30:01Z host ${text}`,
    `Nov 25 11:30:01 host ${text}`,
    `${at / 1000}.000000 host ${text}`,
  ]) {
    assert.deepEqual(cronLogLines(`${line}\n`, span), [{ atMs: at, text }], line);
  }
});

test('a line without a year is of the year in which it is not in the future', () => {
  const newYear = Date.parse('2027-01-01T00:30:00Z');
  const lines = cronLogLines(`Dec 31 23:30:00 host ${text}\nJan  1 00:10:00 host ${text}\n`, {
    fromMs: newYear - 7_200_000,
    untilMs: newYear,
    hostZone: zoneNamed('UTC'),
  });
  assert.deepEqual(
    lines.map(({ atMs }) => new Date(atMs).toISOString()),
    ['2026-12-31T23:30:00.000Z', '2027-01-01T00:10:00.000Z'],
  );
});

test('only what has to do with cron, sleep and the clock is taken, and only of the time in question', () => {
  const stamp = '2026-11-25T10:30:01Z host';
  const lines = [
    `${stamp} cron[1]: (CRON) INFO (Running @reboot jobs)`,
    `${stamp} kernel: [12.3] PM: suspend entry (deep)`,
    `${stamp} kernel: cronos: a driver`,
    `${stamp} run-job[4]: x.yaml:1:1: bad`,
    `${stamp} sshd[5]: Accepted publickey for cron`,
    `${stamp} systemd[1]: Time has been changed`,
    '2026-11-25T14:30:01Z host CRON[6]: too late',
    'no line of a log: cron',
    '',
  ];
  assert.deepEqual(
    cronLogLines(lines.join('\n'), span).map((line) => line.text.split(/[[:]/)[0]),
    ['cron', 'kernel', 'run-job', 'systemd'],
  );
});

test('a log can not rewrite the terminal', () => {
  const [line] = cronLogLines(`2026-11-25T10:30:01Z host CRON[1]: \u001b[2Jgone`, span);
  assert.ok(!line?.text.includes('\u001b'));
});
