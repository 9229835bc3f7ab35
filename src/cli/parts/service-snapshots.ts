/** Looks at one service of this machine; changes nothing. */
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import type { Service } from '../../job/service.ts';
import { type ServiceSnapshot, snapshotService } from '../../report/service-snapshot.ts';
import { readDesired } from '../../service/desired.ts';
import { readRecord } from '../../service/record.ts';
import { clock } from '../../system/clock.ts';
import { files } from '../../system/files.ts';
import { instanceFolders } from '../../system/instance-folders.ts';
import { bootId } from '../../system/proc.ts';
import { stateFiles } from '../../system/state-files.ts';
import type { LockHolder } from '../../system/system.ts';

export function lookAtService(
  job: Job & { readonly service: Service },
  holder: LockHolder | undefined,
  { stateDirectory }: Config,
): ServiceSnapshot {
  const state = stateFiles(stateDirectory);
  const folders = instanceFolders(stateDirectory);
  return snapshotService({
    service: job.service,
    enabled: job.enabled,
    desired: readDesired(state, job.slug),
    record: readRecord(state, job.slug),
    holder,
    boot: bootId(),
    nowMs: clock.nowMs(),
    sinceBootMs: clock.sinceBootMs(),
    fileMs: files.facts(job.path)?.mtimeMs ?? 0,
    snooze: (instance) => folders.snooze(job.slug, instance),
  });
}
