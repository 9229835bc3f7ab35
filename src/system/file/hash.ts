/**
 * The fingerprint by which a run's record says which text of a job file it ran. Not by node:crypto: loading that costs a run 20 times
 * as much as hashing a job file without it.
 */
import { sha256 as hash } from '@noble/hashes/sha2.js';

export function sha256(bytes: Uint8Array): string {
  return Buffer.from(hash(bytes)).toString('hex');
}
