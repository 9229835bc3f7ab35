/** Fingerprints of zone files, for caches of what was computed from them. Apart from their readers, because a run loads those and must not load node:crypto. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { bytesOf, isZoneName, usualPlaces, type ZonePlaces } from './zones.ts';

/** Changes when the data of the host's zone do. */
export function hostZoneDigest({ localtime }: Pick<ZonePlaces, 'localtime'> = usualPlaces): string {
  return digestOf(localtime);
}

/** Changes when the data of a zone do. */
export function zoneDigest(name: string, { directory }: Pick<ZonePlaces, 'directory'> = usualPlaces): string {
  return isZoneName(name) ? digestOf(path.join(directory, name)) : 'none';
}

function digestOf(file: string): string {
  const bytes = bytesOf(file);
  return bytes === undefined ? 'none' : createHash('sha256').update(bytes).digest('hex');
}
