/**
 * The time zones of this machine: its own, which is whatever data /etc/localtime holds (the C library, and so cron, reads nothing else), and those of
 * its tables by their names. Neither /etc/timezone nor TZ nor TZDIR counts, and no other database is asked.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { utc, type Zone, zoneFromFile } from '../../zone/zone.ts';

export interface ZonePlaces {
  readonly localtime: string;
  readonly directory: string;
}

export const usualPlaces: ZonePlaces = { localtime: '/etc/localtime', directory: '/usr/share/zoneinfo' };

/** UTC where there is no such file, or none that can be understood, which is what the C library takes then. */
export function hostZone(places: ZonePlaces = usualPlaces): Zone {
  return (
    readZone(
      places.localtime,
      once(() => nameOfHost(places)),
    ) ?? utc
  );
}

/** By its name, spelled as in the machine's table; `undefined` where that has none of this name. */
export function findZone(name: string, { directory }: Pick<ZonePlaces, 'directory'> = usualPlaces): Zone | undefined {
  if (!isZoneName(name)) return undefined;
  const found = readZone(path.join(directory, name), () => name);
  // UTC needs no table.
  return found ?? (name === 'UTC' || name === 'Etc/UTC' ? named(utc, name) : undefined);
}

/** What a name looks like: parts of words, nothing that climbs out of the table. */
export function isZoneName(name: string): boolean {
  return /^[A-Za-z]\w*([/+-]\w+)*$/.test(name) && !notForJobs.test(name);
}

/** Entries of the table that are other views of it, or the host's own zone: whoever names one of them means something else. */
const notForJobs = /^(?:(?:posix|right)\/.*|localtime|posixrules|Factory)$/;

function named(zone: Zone, name: string): Zone {
  return { ...zone, name, toJSON: () => name };
}

/** Names of the machine's table, sorted; none where no tzdata is installed. */
export function zoneNames({ directory }: Pick<ZonePlaces, 'directory'> = usualPlaces): readonly string[] {
  return [...namesBelow(directory, '')].filter(isZoneName).sort();
}

function* namesBelow(directory: string, below: string): Generator<string> {
  for (const entry of entriesOf(path.join(directory, below))) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      if (below !== '' || !/^(?:posix|right)$/.test(name)) yield* namesBelow(directory, name);
    } else if (/^[A-Z]/.test(name) && isTzif(path.join(directory, name))) yield name;
  }
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isTzif(file: string): boolean {
  return bytesOf(file)?.toString('latin1', 0, 4) === 'TZif';
}

export function bytesOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

const known = new Map<string, { readonly stamp: string; readonly zone: Zone | undefined }>();

/** Read once a process, and anew when the file is another one: a program that runs for months follows the zone of its host. */
export function readZone(file: string, name: () => string): Zone | undefined {
  const stamp = stampOf(file);
  if (stamp === undefined) return undefined;
  const before = known.get(file);
  if (before?.stamp === stamp) return before.zone;
  const bytes = bytesOf(file);
  const zone = bytes === undefined ? undefined : zoneFromFile(name, bytes);
  known.set(file, { stamp, zone });
  return zone;
}

function stampOf(file: string): string | undefined {
  try {
    const facts: Stats = statSync(file);
    return facts.isFile() ? `${facts.dev}:${facts.ino}:${facts.size}:${facts.mtimeMs}:${facts.ctimeMs}` : undefined;
  } catch {
    return undefined;
  }
}

function once(read: () => string): () => string {
  let value: string | undefined;
  return () => {
    value ??= read();
    return value;
  };
}

/** By the link where it is one; a copy and a bind mount are called by a name of the table that has the very same data. */
function nameOfHost({ localtime, directory }: ZonePlaces): string {
  return nameByLink(localtime) ?? nameByData(localtime, directory) ?? localtime;
}

function nameByLink(file: string): string | undefined {
  for (const read of [readlinkSync, realpathSync]) {
    try {
      const found = /\/zoneinfo\/(?:posix\/)?([A-Za-z0-9_+/-]+)$/.exec(read(file));
      if (found?.[1] !== undefined) return found[1];
    } catch {
      // It is no link.
    }
  }
  return undefined;
}

/** Of several that have them the one that the tz database lists by country, which is today's name. */
function nameByData(file: string, directory: string): string | undefined {
  const bytes = bytesOf(file);
  if (bytes === undefined) return undefined;
  const equal = zoneNames({ directory }).filter((name) => bytesOf(path.join(directory, name))?.equals(bytes));
  const listed = bytesOf(path.join(directory, 'zone1970.tab'))?.toString('latin1').split(/\s/) ?? [];
  return equal.find((name) => listed.includes(name)) ?? equal.find((name) => name === 'UTC') ?? equal[0];
}
