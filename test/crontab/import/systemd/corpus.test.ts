/** Timers of systemd and the job files that they become: keys, decisions, equal starts. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { timerDifference } from '../../../../src/crontab/import/systemd/prove.ts';
import { serviceDraft } from '../../../../src/crontab/import/systemd/service.ts';
import type { UnitName } from '../../../../src/crontab/import/systemd/specifiers.ts';
import { timerDraft } from '../../../../src/crontab/import/systemd/timer.ts';
import { timerJobs } from '../../../../src/crontab/import/systemd/timer-jobs.ts';
import { readUnit } from '../../../../src/crontab/import/systemd/unit-file.ts';
import { validateJobText } from '../../../../src/job/load.ts';
import { guardWords, passesGuard } from '../../../../src/schedule/calendar/to-cron.ts';
import { findZone } from '../../../../src/system/time/zones.ts';
import { zonesOn } from '../../../fakes/zones.ts';
import { environmentFiles, type TimerCase, timers } from './corpus.ts';

const manager = { name: 'root', uid: 0, home: '/root', isSystem: true };
const nowMs = Date.UTC(2026, 10, 30, 12, 34);

function imported({ name = 'backup', timer, service }: TimerCase, zones = zonesOn('Etc/UTC')) {
  const unit: UnitName = { name: `${name}.timer`, manager, hostName: 'host.example.org' };
  const whole = service.startsWith('[') ? service : `[Service]\nType=oneshot\nUser=app\n${service}`;
  const read = readUnit({ file: unit.name, text: `[Timer]\n${timer}\n` });
  const readService = readUnit({ file: `${name}.service`, text: `${whole}\n` });
  const draft = timerDraft(read.assignments, unit, (zone) => findZone(zone) !== undefined);
  const made = serviceDraft(readService.assignments, {
    unit: { ...unit, name: draft.service },
    serviceUser: 'app',
    readEnvironment: (file) => {
      const text = environmentFiles[file];
      return text === undefined ? undefined : { text, isPrivate: false };
    },
  });
  const problems = [...read.problems, ...readService.problems, ...draft.problems, ...made.problems];
  const order = { unitName: unit.name, origin: 'units', taken: new Set<string>(), nowMs, zones };
  const whatBecomes = timerJobs(draft, made, order);
  return { draft, problems, ...whatBecomes, jobs: made.problems.length > 0 ? [] : whatBecomes.jobs };
}

for (const [title, one] of Object.entries(timers)) {
  test(title, () => {
    const { draft, jobs, problems, differsMs } = imported(one);
    const keys = jobs.map(({ text }) => text.split('\n').filter((line) => line !== '' && !line.startsWith('# ')));
    assert.deepEqual(
      keys.flatMap((lines, at) => (at === 0 ? lines : ['', ...lines])),
      one.keys,
    );
    const checks = jobs[0]?.checks ?? [];
    assert.deepEqual(checks.length, one.checks?.length ?? 0, checks.join('\n'));
    for (const [at, pattern] of (one.checks ?? []).entries()) assert.match(checks[at] ?? '', pattern);
    assert.equal(problems.length, one.problems?.length ?? 0, JSON.stringify(problems));
    for (const [at, pattern] of (one.problems ?? []).entries()) assert.match(problems[at]?.message ?? '', pattern);
    const loaded = jobs.map(({ text, guard, isPlan }) => {
      const job = validateJobText({ file: 'x', bytes: Buffer.from(text) }, {});
      assert.ok(job.ok, text + JSON.stringify(job));
      return { job: job.value, guard, isPlan };
    });
    const compared = loaded.filter(({ isPlan }) => isPlan);
    if (jobs.length > 0)
      assert.equal(timerDifference(draft.calendars, compared, { nowMs, zones: zonesOn('Etc/UTC') }), differsMs);
    assert.equal(differsMs !== undefined, one.differs ?? false);
  });
}

test('of twenty thousand times a hundred are read, and the next one is a problem', () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `OnCalendar=*-*-* ${at % 24}:${at % 60}`);
  const read = readUnit({ file: 'many.timer', text: `[Timer]\n${lines.join('\n')}\n` });
  const unit: UnitName = { name: 'many.timer', manager, hostName: 'host.example.org' };
  const { calendars, problems } = timerDraft(read.assignments, unit, () => true);
  assert.equal(calendars.length, 100);
  assert.deepEqual(
    problems.map(({ line, message }) => [line, message]),
    [[102, 'OnCalendar=*-*-* 4:40: the timer has 20000 of them, and 100 are read']],
  );
});

test('the corpus has at least 25 timers', () => assert.ok(Object.keys(timers).length >= 25));

describe('on a host whose clocks change', () => {
  const service = 'ExecStart=/opt/x';
  const inBerlin = (timer: string) => imported({ timer, service, keys: [] }, zonesOn('Europe/Berlin'));
  const scheduleOf = ({ jobs }: ReturnType<typeof imported>) => /^schedule: "(.*)"$/m.exec(jobs[0]?.text ?? '')?.[1];

  test('a time beyond the change is equal', () => {
    const day = inBerlin('OnCalendar=04:00\nPersistent=true');
    assert.deepEqual([scheduleOf(day), day.jobs[0]?.isSame], ['0 4 * * *', true]);
    // Once a year a day has 25 hours.
    assert.match(day.jobs[0]?.text ?? '', /^catch_up_window: 2d$/m);
  });

  test('an hourly timer is equal without stars: systemd starts it once in the hour that comes twice', () => {
    const hourly = inBerlin('OnCalendar=hourly');
    assert.deepEqual([scheduleOf(hourly), hourly.jobs[0]?.isSame], ['0 0-23 * * *', true]);
    assert.match(hourly.jobs[0]?.text ?? '', /^# No \* for minute and hour/m);
  });

  test('a time that does not exist in spring is to be decided', () => {
    const lost = inBerlin('OnCalendar=02:30');
    assert.deepEqual([scheduleOf(lost), lost.jobs[0]?.isSame], ['30 2 * * *', false]);
    assert.match(lost.jobs[0]?.checks[0] ?? '', /at a change of the clocks.*first at 2027-03-28T01:00:00\.000Z/);
  });
});

test('the look at the date lets the same days run as the proof believes', () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'guard-'));
  try {
    // date(1) of another day: DAY stands in front of each -d.
    const fake = `#!/bin/sh\nif [ "$1" = -d ]; then when=$2; shift 2; fi\nexec /usr/bin/date -u -d "$when $DAY 12:00" "$@"\n`;
    writeFileSync(path.join(scratch, 'date'), fake, { mode: 0o755 });
    const guards = [{ weekdays: [1] }, { weekdays: [6, 7] }, { lastDays: 1 }, { lastDays: 7, weekdays: [1, 5] }];
    const from = Date.UTC(2028, 1, 20) / 86_400_000;
    for (const guard of guards) {
      const days = Array.from({ length: 20 }, (_, at) => from + at);
      const [program = '', , script = ''] = guardWords(guard, undefined);
      const names = days.map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
      const loop = `for DAY in ${names.join(' ')}; do export DAY; (set -- echo "$DAY"; ${script}); done`;
      const { stdout } = spawnSync(program, ['-c', loop], {
        encoding: 'utf8',
        env: { PATH: `${scratch}:/usr/bin:/bin` },
      });
      const expected = days
        .filter((day) => passesGuard(guard, day))
        .map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
      assert.deepEqual(stdout.trim().split('\n'), expected, JSON.stringify(guard));
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
