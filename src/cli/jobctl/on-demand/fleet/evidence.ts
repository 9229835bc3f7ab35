/** Asks etcd about a job, for answers that go on without it when it is out of reach. */
import type { Config } from '../../../../config/config.ts';
import { type AskedJob, type FleetEvidence, readFleetEvidence } from '../../../../fleet/overview/job-evidence.ts';
import { clock } from '../../../../system/time/clock.ts';
import { lookAtFleet } from './look.ts';

/** A person who asks why something does not run should not wait for long. */
const patience = { patienceMs: 5000 };

export async function fleetEvidence(
  asked: Omit<AskedJob, 'nowMs'>,
  config: Config,
): Promise<FleetEvidence | undefined> {
  const opened = lookAtFleet(config);
  if (opened.is === 'none') return undefined;
  if (opened.is === 'hidden') return opened;
  if (opened.is === 'refused') return { is: 'unreachable', reason: opened.reason };
  try {
    return await readFleetEvidence({ ...asked, nowMs: clock.nowMs }, opened.store, patience);
  } finally {
    opened.store.engine.close();
  }
}
