/** The slots of a service that several hosts share. Load it on demand: other services need no line of it. */
import type { Config } from '../../../config/config.ts';
import { seatOf } from '../../../fleet/seat.ts';
import type { SlotRules } from '../../../fleet/slots/decide.ts';
import type { Job } from '../../../job/job.ts';

/** Undefined for a service that this host has as a whole. */
export function slotRulesOf({ slug, pool, service }: Job, { fleet }: Config): SlotRules | undefined {
  if (pool?.slots === undefined || service === undefined || fleet === undefined) return undefined;
  const { hosts: cycle } = seatOf(slug, pool, fleet);
  return { slug, instances: service.instances, cycle, takeoverSeconds: pool.slots.takeoverSeconds };
}
