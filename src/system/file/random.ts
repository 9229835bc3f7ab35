/** Random names from the kernel: loading node:crypto would cost a run more than taking its lock. */
import { readFileSync } from 'node:fs';

/** A version 4 UUID, as in RFC 9562. */
export function randomUuid(): string {
  return readFileSync('/proc/sys/kernel/random/uuid', 'latin1').trim();
}
