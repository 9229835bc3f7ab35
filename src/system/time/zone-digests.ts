/**
 * Hashes of zone files, for caches of results computed from them. A file of its own, because a run
 * loads zones.ts and must not load node:crypto.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { bytesOf, isZoneName, usualPlaces, type ZonePlaces } from './zones.ts';

/** A hash that changes with the data of the host's zone. */
export function hostZoneDigest({ localtime }: Pick<ZonePlaces, 'localtime'> = usualPlaces): string {
  return digestOf(localtime);
}

/** A hash that changes with the data of a zone. */
export function zoneDigest(name: string, { directory }: Pick<ZonePlaces, 'directory'> = usualPlaces): string {
  return isZoneName(name) ? digestOf(path.join(directory, name)) : 'none';
}

function digestOf(file: string): string {
  const bytes = bytesOf(file);
  return bytes === undefined ? 'none' : createHash('sha256').update(bytes).digest('hex');
}
