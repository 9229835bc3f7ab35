/** When a job starts next, and whether it should have started already. */
import type { Config } from '../../config/config.ts';
import { overdueOf } from '../../report/overdue.ts';
import { startsInHistory } from '../../run/missed.ts';
import { readPauses } from '../../run/pauses.ts';
import { readAccount } from '../../run/tick-account.ts';
import { nextTick } from '../../schedule/ticks.ts';
import { clock } from '../../system/clock.ts';
import { files } from '../../system/files.ts';
import { stateFiles } from '../../system/state-files.ts';
import { tickClaims } from '../../system/tick-claims.ts';
import { realHistory } from './machine.ts';
import type { Times } from './snapshots.ts';
import { delayOf } from './splay.ts';
import { machineZones } from './tick-zones.ts';

export function timesOf(config: Config): Times {
  const { stateDirectory } = config;
  const history = realHistory(config);
  const zones = machineZones(stateDirectory);
  const pauses = readPauses(stateFiles(stateDirectory));
  const claims = tickClaims(stateDirectory);
  const nowMs = clock.nowMs();
  return (job) => {
    if (!job.enabled || job.schedule === undefined) return {};
    const delayMs = delayOf(job);
    const changedMs = files.facts(job.path)?.ctimeMs ?? nowMs;
    const account = readAccount(job, claims, { nowMs, changedMs });
    const overdue = overdueOf(job, {
      ...{ account, nowMs, changedMs, pauses, zones, delayMs },
      hasStart: startsInHistory(job, { history, zones }),
    });
    const nextMs = nextTick(job, nowMs, zones)?.tickMs;
    return { ...(nextMs !== undefined && { nextMs: nextMs + delayMs }), ...(overdue !== undefined && { overdue }) };
  };
}
