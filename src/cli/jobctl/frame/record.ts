/** Writes what a person has decided about jobs and services into the history of each of them. */

import type { Config } from '../../../config/config.ts';
import type { Steered } from '../../../run/history/event.ts';
import { writeEvent } from '../../../run/history/record.ts';
import { formatEntry, type JournalEntry } from '../../../service/record/journal.ts';
import { clock } from '../../../system/time/clock.ts';
import { defined } from '../../../text/defined.ts';
import { callerName } from '../../frame/caller-name.ts';
import { realHistory } from '../../frame/host.ts';
import { say } from '../../frame/output.ts';
import type { Options } from './options.ts';
import { type ServiceTarget, targetName } from './target.ts';

/**
 * Records a decision about jobs. It holds even if it can't be recorded, so a failure is only
 * printed.
 */
export function recordSteering(
  slugs: readonly string[],
  step: Pick<Steered, 'action' | 'untilMs' | 'started'>,
  { viaTag, tag = viaTag, reason }: Pick<Options, 'tag' | 'viaTag' | 'reason'>,
  config: Config,
): void {
  const history = realHistory(config);
  const event: Steered = {
    ...{ event: 'steered', run: '', atMs: clock.nowMs(), by: callerName() },
    ...step,
    ...defined({ reason, tag }),
  };
  for (const slug of slugs)
    for (const warning of writeEvent(slug, { history }, event)) say('jobctl', `${slug}: ${warning}`);
}

const done = { start: 'started', stop: 'stopped', restart: 'restarted', reset: 'reset', snooze: 'snoozed' } as const;

/** Records a decision about a service or an instance; `more` follows its name: " until 18:00". */
export function recordOnService(
  target: ServiceTarget,
  action: NonNullable<JournalEntry['action']>,
  { reason, tag }: Pick<Options, 'reason' | 'tag'>,
  config: Config,
  more = '',
): void {
  const by = callerName();
  const why = `${tag === undefined ? '' : ` (tag ${tag})`}${reason === undefined ? '' : `: ${reason}`}`;
  const entry: JournalEntry = {
    ...{ atMs: clock.nowMs(), words: `${targetName(target)} was ${done[action]} by ${by}${more}${why}`, action, by },
    ...defined({ reason }),
  };
  const written = realHistory(config).append(target.slug, formatEntry(entry));
  if (!written.ok) say('jobctl', `${target.slug}: the history could not be written: ${written.reason}`);
}
