/** Says for a job what is installed, when that starts it next, and whether a start is overdue. */

import type { Config } from '../../config/config.ts';
import { clockRule, nextStart } from '../../report/clock/clock-ticks.ts';
import { overdueOf } from '../../report/clock/overdue.ts';
import { readPauses } from '../../run/pause/pause.ts';
import { readAccount } from '../../run/tick/account.ts';
import { startsInHistory } from '../../run/tick/missed.ts';
import { files } from '../../system/file/files.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { clock } from '../../system/time/clock.ts';
import { defined } from '../../text/defined.ts';
import { clockReader } from '../crontab/installed.ts';
import { realHistory } from '../frame/host.ts';
import { delayOf } from '../frame/splay.ts';
import { hostZones } from '../frame/zones.ts';
import type { Times } from './snapshots.ts';

export function timesOf(config: Config): Times {
  const { stateDirectory } = config;
  const history = realHistory(config);
  const zones = hostZones(stateDirectory);
  const pauses = readPauses(stateFiles(stateDirectory));
  const claims = tickClaims(stateDirectory);
  const nowMs = clock.nowMs();
  const clockOf = clockReader(config);
  return (job) => {
    const facts = clockOf(job);
    const rule = clockRule(job, facts);
    if (rule === undefined || job.service !== undefined) return { clock: facts };
    const delayMs = delayOf(job);
    // Before its first run a job is expected since its line was written.
    const changedMs = Math.max(files.facts(job.path)?.ctimeMs ?? nowMs, clockOf.installedMs(job.slug));
    const account = readAccount(job, claims, { nowMs, changedMs });
    // If the line has other times, the file's ticks are not expected.
    const isWaitedFor = facts.line === 'in-sync' || facts.line === 'unknown';
    const overdue = isWaitedFor
      ? overdueOf(job, {
          ...{ account, nowMs, changedMs, pauses, zones, delayMs },
          hasStart: startsInHistory(job, { history, zones }),
        })
      : undefined;
    const nextMs = nextStart(rule, nowMs, zones);
    return {
      clock: facts,
      ...(nextMs !== undefined && { nextMs: nextMs + delayMs }),
      ...defined({ overdue }),
    };
  };
}
