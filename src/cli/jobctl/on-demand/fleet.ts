/** Questions and orders of `jobctl` to the whole fleet: a bundle of its own, which hosts without `fleet.etcd` never load. */
export { fleetEvidence } from './fleet/evidence.ts';
export { openHolds } from './fleet/holds.ts';
export { hostCommand } from './fleet/host.ts';
export { pausesInFleet } from './fleet/pauses.ts';
export { fleetInEtcd } from './fleet/show.ts';
export { stopElsewhere } from './fleet/stop.ts';
