/** Proves that a written job starts when the line of the crontab did. */
import { type Expression, parseExpression } from '../../schedule/expression.ts';
import { eachFire, matchingMinutes } from '../../schedule/next.ts';
import { eachTick, type Scheduled } from '../../schedule/ticks.ts';
import { dayMs, minuteMs, periodsFrom, type Zone, type Zones } from '../../zone/zone.ts';

const spanMs = 2 * 366 * dayMs;

/**
 * The start at which the two differ first within two years, if there is one. `zone` is that of
 * CRON_TZ, in which cronie starts a line whenever the clock of that zone shows its time: not at all
 * in the hour that is left out, twice in the one that comes twice.
 */
export function firstDifference(
  source: Expression,
  job: Scheduled,
  { nowMs, zones, zone }: { readonly nowMs: number; readonly zones: Zones; readonly zone?: Zone },
): number | undefined {
  if (source.atBoot || job.schedule?.atBoot) return source.atBoot && job.schedule?.atBoot ? undefined : nowMs;
  const untilMs = nowMs + spanMs;
  const before =
    zone === undefined
      ? eachFire(source, { zone: zones.host, afterMs: nowMs, untilMs })
      : shownTimes(source, zone, { afterMs: nowMs, untilMs });
  const after = eachTick(job, { afterMs: nowMs, untilMs }, zones);
  let last = Number.NaN;
  for (;;) {
    // A job has one tick for a minute that cron makes up for more than once.
    let one = before.next();
    while (!one.done && one.value === last) one = before.next();
    let other = after?.next();
    while (other !== undefined && !other.done && other.value === last) other = after?.next();
    const [fire, tick] = [
      one.done ? undefined : one.value,
      other === undefined || other.done ? undefined : other.value,
    ];
    if (fire !== tick) return Math.min(fire ?? untilMs, tick ?? untilMs);
    if (fire === undefined) return undefined;
    last = fire;
  }
}

/** Yields the instants at which the clock of a zone shows a time of the expression. */
function* shownTimes(
  source: Expression,
  zone: Zone,
  { afterMs, untilMs }: { readonly afterMs: number; readonly untilMs: number },
): Generator<number> {
  for (const { startMs, endMs, offsetMs } of periodsFrom(zone, afterMs)) {
    if (startMs > untilMs) return;
    const last = Math.min(endMs - 1, untilMs);
    const minutes = matchingMinutes(
      source,
      Math.ceil((Math.max(startMs, afterMs + 1) + offsetMs) / minuteMs),
      Math.floor((last + offsetMs) / minuteMs),
    );
    for (const minute of minutes) yield minute * minuteMs - offsetMs;
  }
}

/** The expression of a line, or why there is none. */
export function lineSchedule(text: string): Expression | string {
  const answer = parseExpression(text);
  if (answer.ok) return answer.expression;
  return answer.problems.map(({ message }) => message).join('; ');
}
