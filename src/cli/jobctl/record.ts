/** Writes what a person has decided about jobs into the history of each of them. */
import type { Config } from '../../config/config.ts';
import type { Steered } from '../../run/event.ts';
import { writeEvent } from '../../run/record.ts';
import { clock } from '../../system/clock.ts';
import { realHistory } from '../parts/machine.ts';
import { say } from '../parts/output.ts';
import { callerName } from '../parts/stop-run.ts';
import type { Options } from './options.ts';

/** What was decided holds even when it can't be written down, so that is only said. */
export function recordSteering(
  slugs: readonly string[],
  step: Pick<Steered, 'action' | 'untilMs'>,
  { tag, reason }: Pick<Options, 'tag' | 'reason'>,
  config: Config,
): void {
  const history = realHistory(config);
  const event: Steered = {
    ...{ event: 'steered', run: '', atMs: clock.nowMs(), by: callerName() },
    ...step,
    ...(reason !== undefined && { reason }),
    ...(tag !== undefined && { tag }),
  };
  for (const slug of slugs)
    for (const trouble of writeEvent(slug, { history }, event)) say('jobctl', `${slug}: ${trouble}`);
}
