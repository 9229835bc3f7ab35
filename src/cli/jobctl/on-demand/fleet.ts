/** What `jobctl` asks and orders of the whole fleet: a bundle of its own, which hosts without `fleet.etcd` never load. */
export { hostCommand } from './fleet/host.ts';
