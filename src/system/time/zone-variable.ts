/**
 * Reads TZ as the C library does: as the name or path of a zone file, otherwise as a POSIX rule,
 * otherwise as UTC.
 */
import path from 'node:path';
import { utc, type Zone, zoneFromRule } from '../../zone/zone.ts';
import { readZone, usualPlaces, type ZonePlaces } from './zones.ts';

export function zoneOfVariable(value: string, { directory }: Pick<ZonePlaces, 'directory'> = usualPlaces): Zone {
  const text = value.replace(/^:/, '');
  if (text === '') return utc;
  return readZone(path.resolve(directory, text), () => text) ?? zoneFromRule(text) ?? utc;
}
