/** Random names from the kernel: loading node:crypto for one costs a run more than its lock does. */
import { readFileSync } from 'node:fs';

/** A version 4 UUID, as in RFC 9562. */
export function randomUuid(): string {
  return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim();
}
