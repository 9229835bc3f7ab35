/**
 * The hash by which a run's record identifies the text of the job file. Not from node:crypto,
 * because loading that costs a run 20 times as much as hashing a job file.
 */
import { sha256 as hash } from '@noble/hashes/sha2.js';

export function sha256(bytes: Uint8Array): string {
  return Buffer.from(hash(bytes)).toString('hex');
}
