/** The schedules of a timer: what each of its triggers becomes, and what differs. */
import { type Calendar, parseCalendar } from '../../../schedule/calendar/calendar.ts';
import { type CronPlan, cronPlan, mergedPlans } from '../../../schedule/calendar/to-cron.ts';
import { intervalReading } from '../../../schedule/spelling/interval.ts';
import { checkOf } from './checks.ts';
import { expand, type UnitName } from './specifiers.ts';
import { spanSeconds, spanText } from './time-span.ts';
import { type Assignment, isTrue, lastOf, listOf, type UnitProblem } from './unit-file.ts';
import { isAboutInitrd } from './unknown-keys.ts';

export interface TimerSchedule {
  /** From calendar events, which are compared with the ticks of the job; or the text of a schedule. */
  readonly is: { readonly plan: CronPlan } | { readonly text: string | undefined };
  readonly checks: readonly UnitProblem[];
}

export interface TimerDraft {
  readonly service: string;
  /** The events that the plans stand for. */
  readonly calendars: readonly Calendar[];
  readonly schedules: readonly TimerSchedule[];
  readonly splay: string | undefined;
  readonly catchesUp: boolean;
  readonly notes: readonly string[];
  /** Decisions for all jobs of the timer. */
  readonly checks: readonly UnitProblem[];
  readonly problems: readonly UnitProblem[];
}

const triggerKeys = ['OnCalendar', 'OnActiveSec', 'OnBootSec', 'OnStartupSec', 'OnUnitActiveSec', 'OnUnitInactiveSec'];

export function timerDraft(all: readonly Assignment[], unit: UnitName, isZone: (name: string) => boolean): TimerDraft {
  const triggers = listOf(all, 'Timer', ...triggerKeys);
  const { calendars, plans, checks, problems } = plansOf(triggers, unit, isZone);
  const others = triggers.filter(({ key }) => key !== 'OnCalendar');
  const schedules: TimerSchedule[] = [
    ...plans.map((plan) => ({ is: { plan }, checks })),
    ...intervalSchedule(others, plans.length > 0),
  ];
  const at = (key: string) => lastOf(all, 'Timer', key);
  const none =
    triggers.length === 0
      ? [{ file: unit.name, line: 1, message: 'the timer has no time at which it starts anything' }]
      : [];
  const random = at('RandomizedDelaySec');
  const delay = random === undefined ? 0 : (spanSeconds(random.value) ?? 0);
  const splay = delay > 0 && Number.isFinite(delay) ? spanText(delay) : undefined;
  const service = at('Unit');
  const named = service === undefined ? undefined : expand(service.value, unit);
  return {
    service: named?.ok ? named.text : unit.name.replace(/\.timer$/, '.service'),
    calendars,
    schedules,
    splay,
    catchesUp: isTrue(at('Persistent')?.value),
    notes: [...delayNotes(splay, at('FixedRandomDelay')), ...accuracyNotes(at('AccuracySec'))],
    checks: timerChecks(all),
    problems: [...problems, ...none],
  };
}

function delayNotes(splay: string | undefined, fixed: Assignment | undefined): readonly string[] {
  if (splay === undefined || isTrue(fixed?.value)) return [];
  return ['The random delay is splay now, which is always the same for this job on a host.'];
}

function accuracyNotes(accuracy: Assignment | undefined): readonly string[] {
  if (accuracy === undefined || (spanSeconds(accuracy.value) ?? 0) <= 60) return [];
  return [`systemd may start it up to ${accuracy.value} late (AccuracySec=); the job starts at the minute.`];
}

/** Each is compared with each, and no person has written more. */
const mostCalendars = 100;

interface Plans {
  readonly calendars: readonly Calendar[];
  readonly plans: readonly CronPlan[];
  readonly checks: readonly UnitProblem[];
  readonly problems: readonly UnitProblem[];
}

function plansOf(triggers: readonly Assignment[], unit: UnitName, isZone: (name: string) => boolean): Plans {
  const [calendars, plans]: [Calendar[], CronPlan[]] = [[], []];
  const [checks, problems]: [UnitProblem[], UnitProblem[]] = [[], []];
  const written = triggers.filter(({ key }) => key === 'OnCalendar');
  for (const one of written.slice(0, mostCalendars)) {
    const text = expand(one.value, unit);
    const read = parseCalendar(text.ok ? text.text : one.value, isZone);
    if (!read.ok) {
      problems.push(checkOf(one, read.message));
      continue;
    }
    const answer = cronPlan(read.calendar);
    if (!answer.ok) {
      problems.push(checkOf(one, answer.why));
      continue;
    }
    calendars.push(read.calendar);
    plans.push(answer.plan);
    if (answer.near !== undefined) checks.push(checkOf(one, answer.near));
  }
  const beyond = written[mostCalendars];
  if (beyond !== undefined)
    problems.push(checkOf(beyond, `the timer has ${written.length} of them, and ${mostCalendars} are read`));
  return { calendars, plans: mergedPlans(plans), checks, problems };
}

/** A job that starts at an interval or after each boot, which is never quite the same. */
function intervalSchedule(triggers: readonly Assignment[], hasCalendar: boolean): readonly TimerSchedule[] {
  const repeated = triggers.find(({ key }) => key === 'OnUnitActiveSec' || key === 'OnUnitInactiveSec');
  const [first] = triggers;
  if (first === undefined) return [];
  if (repeated === undefined) {
    const words =
      first.key === 'OnActiveSec'
        ? 'systemd counts from the start of the timer; the job starts when cron does, after each boot. Is that well?'
        : 'systemd waits so long after the boot; the job starts as soon as cron does. Is that well?';
    return [{ is: { text: '@reboot' }, checks: [checkOf(first, words)] }];
  }
  const seconds = spanSeconds(repeated.value);
  const reading = seconds === undefined ? undefined : intervalReading(`${Math.round(seconds)} seconds`, repeated.value);
  const from = repeated.key === 'OnUnitActiveSec' ? 'the last start' : 'the end of the last run';
  const starters = triggers.filter((one) => one !== repeated).map(({ key, value }) => `${key}=${value}`);
  const boot =
    starters.length === 0
      ? ''
      : ` ${starters.join(', ')} has no counterpart: the first start after a boot is at the next such time.`;
  if (hasCalendar)
    return [
      {
        is: { text: undefined },
        checks: [checkOf(repeated, `it starts so long after ${from}, besides OnCalendar; no schedule says so.${boot}`)],
      },
    ];
  const words =
    reading?.write === undefined
      ? `systemd counts from ${from}, and cron has no such distance. Which times are meant?`
      : `systemd counts from ${from}, cron from the full hour or midnight. Is that well?`;
  return [{ is: { text: reading?.write }, checks: [checkOf(repeated, words + boot)] }];
}

const quietKeys = new Set([
  ...triggerKeys,
  ...['Persistent', 'RandomizedDelaySec', 'FixedRandomDelay', 'AccuracySec', 'Unit', 'RemainAfterElapse'],
]);

function timerChecks(all: readonly Assignment[]): readonly UnitProblem[] {
  return all.flatMap((one) => {
    if (one.value === '' || one.key.startsWith('X-')) return [];
    if (one.section === 'Timer' && one.key === 'RandomizedDelaySec' && spanSeconds(one.value) === undefined)
      return [checkOf(one, 'it is no time span')];
    if (one.section === 'Timer' && !quietKeys.has(one.key)) {
      if (/^(?:no|false|off|0)$/.test(one.value)) return [];
      const isWake = one.key === 'WakeSystem';
      return [
        checkOf(
          one,
          isWake ? 'cron does not wake a host that sleeps. Is it needed?' : 'a job has nothing like it. Is it needed?',
        ),
      ];
    }
    if (one.section === 'Unit' && /^(?:Condition|Assert)/.test(one.key) && !isAboutInitrd(one.key, one.value))
      return [checkOf(one, 'systemd starts the timer only if this holds; cron does not ask. Is it needed?')];
    return [];
  });
}
