/** Looks at one service of this host; changes nothing. */
import type { Config } from '../../config/config.ts';
import type { Seated } from '../../fleet/seat.ts';
import type { Job } from '../../job/job.ts';
import { type ServiceSnapshot, snapshotService } from '../../report/service-snapshot.ts';
import { readHistory } from '../../run/history/record.ts';
import { readDesired } from '../../service/desired.ts';
import { type KnownService, knownService } from '../../service/record/known-service.ts';
import { readRecord } from '../../service/record/record.ts';
import { files } from '../../system/file/files.ts';
import { bootId, isAlive } from '../../system/process/proc.ts';
import { instanceFolders } from '../../system/state/instance-folders.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import type { Result } from '../../text/problem.ts';
import { realHistory } from '../frame/host.ts';

/** The service of this name, whatever became of its file; `undefined` when it is none. */
export function findService(
  slug: string,
  loaded: Result<Seated<Job>> | undefined,
  holder: LockHolder | undefined,
  config: Config,
  recorded = false,
): KnownService | undefined {
  return knownService({
    recorded,
    ...{ slug, loaded, holderRun: holder?.runId },
    record: readRecord(stateFiles(config.stateDirectory), slug),
    lastRunMs: () => lastRunOf(slug, config)?.startedMs,
  });
}

/** The last run of a job. A run that could not be started doesn't count. */
function lastRunOf(slug: string, config: Config) {
  const { runs } = readHistory(slug, { history: realHistory(config) });
  return runs.filter(({ logPath }) => logPath !== undefined).at(-1);
}

export function lookAtService(service: KnownService, holder: LockHolder | undefined, config: Config): ServiceSnapshot {
  const { slug } = service;
  const state = stateFiles(config.stateDirectory);
  const folders = instanceFolders(config.stateDirectory);
  const record = readRecord(state, slug);
  return snapshotService({
    ...{ service, record, holder },
    desired: readDesired(state, slug),
    isJobRun: isJobRun(slug, holder, record?.run, config),
    isProcessAlive: isAlive,
    boot: bootId(),
    nowMs: clock.nowMs(),
    sinceBootMs: clock.sinceBootMs(),
    fileMs: files.facts(`${config.jobDirectory}/${slug}.yaml`)?.mtimeMs ?? 0,
    snooze: (instance) => folders.snooze(slug, instance),
  });
}

/**
 * True if the holder of the lock is the run of a job. A supervisor that has just started has no
 * record yet, but a run is in the history from its start.
 */
export function isJobRun(
  slug: string,
  holder: LockHolder | undefined,
  supervisorRun: string | undefined,
  config: Config,
): boolean {
  if (holder?.runId === undefined || holder.runId === supervisorRun) return false;
  const { runs } = readHistory(slug, { history: realHistory(config) });
  return runs.some(({ run, logPath }) => run === holder.runId && logPath !== undefined);
}
