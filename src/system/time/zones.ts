/**
 * The time zones of this host: its own, from the data of /etc/localtime (the C library, and so
 * cron, reads nothing else), and those of its zone files by name. /etc/timezone, TZ, TZDIR and
 * other databases do not count.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { utc, type Zone, zoneFromFile } from '../../zone/zone.ts';

export interface ZonePlaces {
  readonly localtime: string;
  readonly directory: string;
}

export const usualPlaces: ZonePlaces = { localtime: '/etc/localtime', directory: '/usr/share/zoneinfo' };

/** The host's zone; UTC when the file is missing or invalid, as for the C library. */
export function hostZone(places: ZonePlaces = usualPlaces): Zone {
  return (
    readZone(
      places.localtime,
      once(() => nameOfHost(places)),
    ) ?? utc
  );
}

/** The zone with this name, spelled as its file; `undefined` when the host has none. */
export function findZone(name: string, { directory }: Pick<ZonePlaces, 'directory'> = usualPlaces): Zone | undefined {
  if (!isZoneName(name)) return undefined;
  const found = readZone(path.join(directory, name), () => name);
  // UTC needs no file.
  return found ?? (name === 'UTC' || name === 'Etc/UTC' ? named(utc, name) : undefined);
}

/** True for the form of a zone name, which can't lead out of the directory of zone files. */
export function isZoneName(name: string): boolean {
  return /^[A-Za-z]\w*([/+-]\w+)*$/.test(name) && !notForJobs.test(name);
}

/** Names of other views of the zone files and of the host's own zone, which no job can mean. */
const notForJobs = /^(?:(?:posix|right)\/.*|localtime|posixrules|Factory)$/;

function named(zone: Zone, name: string): Zone {
  return { ...zone, name, toJSON: () => name };
}

/** The names of the host's zone files, sorted; none without tzdata. */
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

/**
 * The zone in a file, cached until the file changes: a program that runs for months follows its
 * host's zone.
 */
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

/** The name in the link; for a copy or a bind mount, the name of a zone file with the same data. */
function nameOfHost({ localtime, directory }: ZonePlaces): string {
  return nameByLink(localtime) ?? nameByData(localtime, directory) ?? localtime;
}

function nameByLink(file: string): string | undefined {
  for (const read of [readlinkSync, realpathSync]) {
    try {
      const found = /\/zoneinfo\/(?:posix\/)?([A-Za-z0-9_+/-]+)$/.exec(read(file));
      if (found?.[1] !== undefined) return found[1];
    } catch {
      // It is not a link.
    }
  }
  return undefined;
}

/**
 * The name of a zone file with the same data. Among several, the one that the tz database lists by
 * country, which is the current name.
 */
function nameByData(file: string, directory: string): string | undefined {
  const bytes = bytesOf(file);
  if (bytes === undefined) return undefined;
  const equal = zoneNames({ directory }).filter((name) => bytesOf(path.join(directory, name))?.equals(bytes));
  const listed = bytesOf(path.join(directory, 'zone1970.tab'))?.toString('latin1').split(/\s/) ?? [];
  return equal.find((name) => listed.includes(name)) ?? equal.find((name) => name === 'UTC') ?? equal[0];
}
