/** The job files that a timer and its service become. */

import { type DayGuard, guardWords, planText } from '../../../schedule/calendar/to-cron.ts';
import { expressionOf } from '../../../schedule/expression.ts';
import { longestGapMs } from '../../../schedule/longest-gap.ts';
import { printable } from '../../../text/printable.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { dayMs, type Zones } from '../../../zone/zone.ts';
import { freeSlug, scalar } from '../job-text.ts';
import { type GuardedJob, timerDifference } from './prove.ts';
import { commandLine, type ServiceDraft } from './service.ts';
import { spanSeconds } from './time-span.ts';
import type { TimerDraft, TimerSchedule } from './timer.ts';
import type { UnitProblem } from './unit-file.ts';

interface TimerJob {
  readonly slug: string;
  readonly text: string;
  readonly checks: readonly string[];
  readonly guard: DayGuard | undefined;
  /** It stands for calendar events, so its ticks are compared with them. */
  readonly isPlan: boolean;
  /** Its starts are those of calendar events, compared for two years. */
  readonly isSame: boolean;
}

export interface TimerOrder {
  readonly unitName: string;
  /** The files, for the first comment. */
  readonly origin: string;
  readonly taken: ReadonlySet<string>;
  readonly nowMs: number;
  readonly zones: Zones;
}

export interface TimerJobs {
  readonly jobs: readonly TimerJob[];
  /** The first start that differs, which a check of the jobs names. */
  readonly differsMs: number | undefined;
}

export function timerJobs(timer: TimerDraft, service: ServiceDraft, order: TimerOrder): TimerJobs {
  const { schedules } = timer;
  const { isFixed, differsMs } = equalForm(timer, order);
  const slugs: string[] = [];
  for (const _ of schedules) {
    const base = order.unitName
      .replace(/\.timer$/, '')
      .replace(/@/g, '-')
      .replace(/-+$/, '');
    slugs.push(freeSlug(base, new Set([...order.taken, ...slugs])));
  }
  const clockCheck = differsMs === undefined ? [] : [differenceWords(differsMs, order)];
  const jobs = schedules.map((schedule, at) => {
    const isPlan = 'plan' in schedule.is;
    const checks = [
      ...(isPlan ? clockCheck : []),
      ...withoutTwins([...schedule.checks, ...timer.checks, ...service.checks]).map(placed),
      ...lateChecks(schedule, timer),
    ];
    const shared = slugs.length > 1 ? { lock: slugs[0] ?? '' } : {};
    const slug = slugs[at] ?? '';
    const text = textOf({ schedule, timer, service, order, checks, isFixed, slug, ...shared });
    const isSame = isPlan && differsMs === undefined && schedule.checks.length === 0;
    return { slug, checks, text, isPlan, isSame, guard: 'plan' in schedule.is ? schedule.is.plan.guard : undefined };
  });
  return { jobs, differsMs };
}

/** The timer and its service often have the same condition. */
function withoutTwins(checks: readonly UnitProblem[]): readonly UnitProblem[] {
  const subject = ({ message }: UnitProblem) => /^(?:Condition|Assert)\w+=[^ ]*/.exec(message)?.[0] ?? message;
  const first = new Map([...checks].reverse().map((one) => [subject(one), one]));
  return checks.filter((one) => first.get(subject(one)) === one);
}

function placed({ file, line, message }: UnitProblem): string {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return line === 0 ? message : `${name}, line ${line}: ${message}`;
}

/** Without `*` for minute and hour, if only so the starts are equal at changes of the clocks. */
function equalForm(timer: TimerDraft, { nowMs, zones }: TimerOrder) {
  const differences = [false, true].map((isFixed) =>
    timerDifference(
      timer.calendars,
      timer.schedules.flatMap((one) => guarded(one, isFixed)),
      { nowMs, zones },
    ),
  );
  const isFixed = differences[0] !== undefined && differences[1] === undefined;
  return { isFixed, differsMs: isFixed ? undefined : differences[0] };
}

function guarded({ is }: TimerSchedule, isFixed: boolean): readonly GuardedJob[] {
  if (!('plan' in is)) return [];
  const { zone, guard } = is.plan;
  return [
    {
      job: { schedule: expressionOf(planText(is.plan, isFixed)), timing: zone === undefined ? {} : { timeZone: zone } },
      guard,
    },
  ];
}

function differenceWords(atMs: number, { nowMs }: TimerOrder): string {
  const when = new Date(atMs).toISOString();
  if (atMs < nowMs + 2 * dayMs) return `systemd and the job start at different times, first at ${when}.`;
  return `at a change of the clocks systemd starts it once or not at all, cron as docs/schedules.md says; first at ${when}. Is that well?`;
}

/** A guard asks for the date when the run starts, which may be later than its tick. */
function lateChecks({ is }: TimerSchedule, { splay, catchesUp }: TimerDraft): readonly string[] {
  if (!('plan' in is) || is.plan.guard === undefined) return [];
  const latest =
    (is.plan.hours.at(-1) ?? 0) * 3600 + (is.plan.minutes.at(-1) ?? 0) * 60 + (spanSeconds(splay ?? '0') ?? 0);
  return [
    ...(catchesUp
      ? ['a run that is caught up on another day ends at once, because the command looks at the date. Is that well?']
      : []),
    ...(latest >= 86_400
      ? ['the delay may go beyond midnight, and then the command sees the next date. Is that well?']
      : []),
  ];
}

interface JobParts {
  readonly schedule: TimerSchedule;
  readonly timer: TimerDraft;
  readonly service: ServiceDraft;
  readonly order: TimerOrder;
  readonly checks: readonly string[];
  readonly isFixed: boolean;
  readonly slug: string;
  /** The lock that the jobs of one timer share, so that the service never runs twice. */
  readonly lock?: string;
}

function textOf({ schedule: { is }, timer, service, order, checks, isFixed, slug, lock }: JobParts): string {
  const plan = 'plan' in is ? is.plan : undefined;
  const schedule = 'plan' in is ? planText(is.plan, isFixed) : is.text;
  const guard = plan?.guard === undefined ? [] : guardWords(plan.guard, plan.zone);
  const commands = service.commands.map((words) => commandLine([...guard, ...words]));
  const notes = [
    ...timer.notes,
    ...service.notes,
    ...(guard.length > 0
      ? ['The command looks at the date, because cron can not name these days; other runs end at once.']
      : []),
    ...(isFixed ? ['No * for minute and hour: so it starts when systemd did also where the clocks change.'] : []),
    ...(lock === undefined ? [] : ['The jobs of this timer share a lock, as all starts were of one service.']),
  ];
  const lines = [
    ...[`From ${order.origin}.`, ...notes, ...checks.map((check) => `CHECK: ${check}`)].map(
      (one) => `# ${printable(one)}`,
    ),
    `name: ${scalar(service.title === undefined || service.title === '' ? slug : service.title.slice(0, 200))}`,
    ...(commands.length === 1
      ? [`command: ${scalar(commands[0] ?? '')}`]
      : ['command:', ...commands.map((one) => `  - ${scalar(one)}`)]),
    ...(schedule === undefined ? [] : [`schedule: "${schedule}"`]),
    ...(plan?.zone === undefined ? [] : [`time_zone: ${scalar(plan.zone)}`]),
    ...(timer.splay === undefined || schedule === undefined ? [] : [`splay: ${timer.splay}`]),
    ...(timer.catchesUp && plan !== undefined ? catchUpKeys(planText(plan, isFixed), order) : []),
    ...service.keys,
    ...(lock === undefined ? [] : [`locks: [${shellWord(lock)}]`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** systemd makes up for the last start, however long ago: at most one distance between two starts. */
function catchUpKeys(schedule: string, { nowMs, zones: { host } }: TimerOrder): readonly string[] {
  const expression = expressionOf(schedule);
  const gapMs = expression === undefined ? undefined : longestGapMs(expression, Math.floor(nowMs / dayMs));
  const changes = host.changes({ afterMs: nowMs, untilMs: nowMs + 366 * dayMs }).length > 0;
  const longestMs = (gapMs ?? 4 * 366 * dayMs) + (changes ? dayMs / 24 : 0);
  const days = Math.ceil(longestMs / dayMs);
  return ['catch_up: last', ...(days > 1 ? [`catch_up_window: ${days}d`] : [])];
}
