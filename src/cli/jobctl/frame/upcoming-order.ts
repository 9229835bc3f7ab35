/** Reads what `jobctl next` is asked for: from when, up to when, how many. */
import type { Config } from '../../../config/config.ts';
import type { UpcomingOrder } from '../../../report/clock/upcoming.ts';
import { momentForms, parseMoment } from '../../../report/typed/moment.ts';
import { clock } from '../../../system/time/clock.ts';
import { defined } from '../../../text/defined.ts';
import { hostZones } from '../../frame/zones.ts';
import { pausesOf } from '../../report/pauses.ts';
import type { Options } from './options.ts';

/** The limit for --count; a span of time is shown whole. */
const mostTicks = 10_080;

/** The order, or what is wrong with the options; the count is 0 unless --count is given. */
export function readUpcomingOrder(options: Options, config: Config): UpcomingOrder | string {
  const { at, until, hours } = options;
  const nowMs = clock.nowMs();
  const zones = hostZones(config.stateDirectory);
  const zone = zones.host;
  const now = { nowMs, zone, leaning: 'future' } as const;
  const fromMs = at === undefined ? nowMs : parseMoment(at, now);
  if (fromMs === undefined) return `--at must be ${momentForms(now)}, found "${at}"`;
  const from = { ...now, nowMs: fromMs };
  const untilMs = until === undefined ? undefined : parseMoment(until, from);
  if (until !== undefined && untilMs === undefined) return `--until must be ${momentForms(from)}, found "${until}"`;
  if (untilMs !== undefined && untilMs <= fromMs)
    return `--until must be later than ${at === undefined ? 'now' : '--at'}; it takes ${momentForms(from)}`;
  const span = Number(hours ?? 0);
  if (!(span >= 0 && span <= 24 * 366) || hours === '')
    return `--hours must be a number up to ${24 * 366}, found "${hours}"`;
  const count = Number(options.count ?? 0);
  if (!Number.isInteger(count) || count < 0 || count > mostTicks || options.count === '0')
    return `--count must be a whole number up to ${mostTicks}, found "${options.count}"`;
  const end = untilMs ?? (hours === undefined ? undefined : fromMs + span * 3_600_000);
  const { pauses } = pausesOf(config);
  return { fromMs, ...defined({ untilMs: end }), count, zones, pauses };
}
