/**
 * Checks the name of a time zone against the zones of this host, and finds the name that was
 * probably meant.
 */
import { nearest } from '../text/nearest.ts';
import { abbreviations, formerNames, places, plainPlace, withoutSummer } from './places.ts';

export interface ZoneProblem {
  readonly severity: 'error' | 'warning';
  /** The end of a message that begins with the key. */
  readonly message: string;
}

export interface ZoneTable {
  has(name: string): boolean;
  /** All names, sorted; none if tzdata is not installed. */
  names(): readonly string[];
}

/** Returns the problem of a zone's name, or `undefined`. */
export function judgeZone(name: string, table: ZoneTable): ZoneProblem | undefined {
  if (!table.has(name)) return { severity: 'error', message: unknownZone(name, table) };
  const message = reversedSign(name) ?? noSummer(name, table);
  return message === undefined ? undefined : { severity: 'warning', message };
}

function unknownZone(name: string, table: ZoneTable): string {
  const names = table.names();
  if (names.length === 0)
    return `can't be "${name}": this host has no time zone data, so it knows UTC only; install the package tzdata`;
  const unknownName = `names no time zone: "${name}"`;
  const special = specialEntry(name);
  if (special !== undefined) return `${unknownName}${special}`;
  const [first, ...others] = meant(name, names);
  if (first === undefined) return `${unknownName}; it takes names such as Europe/Berlin`;
  const more = others.map((other) => ` or "${other}"`).join('');
  if (Object.hasOwn(abbreviations, name.toUpperCase()))
    return `${unknownName}, and an abbreviation does not say which country is meant; write "${first}"${more}`;
  if (first.toLowerCase() === name.toLowerCase()) return `${unknownName}; it is spelled "${first}"`;
  return `${unknownName}; did you mean "${first}"${more}?`;
}

/** The message about an entry of the table that is no zone for jobs. */
function specialEntry(name: string): string | undefined {
  const [, view, inside] = /^(posix|right)\/(.+)$/.exec(name) ?? [];
  if (view === 'right') return `, it counts leap seconds, which this host's clock does not; write "${inside}"`;
  if (view === 'posix') return `, it is another view of the table; write "${inside}"`;
  if (/^(?:localtime|posixrules|Factory)$/.test(name)) return '; for the zone of the host leave the key out';
  return undefined;
}

/** The names that were probably meant, the likeliest first; each is in the table. */
function meant(name: string, names: readonly string[]): readonly string[] {
  const known = new Set(names);
  const candidates = [
    names.find((other) => other.toLowerCase() === name.toLowerCase()),
    ...(abbreviations[name.toUpperCase()] ?? []),
    formerNames[name],
    fixedOffset(name),
    ...(namedPlace(name, names) ?? slip(name, names)),
  ];
  const found = candidates.filter((other) => other !== undefined && known.has(other)) as string[];
  // Several countries may share an abbreviation; everything else has one best guess.
  return [...new Set(found)].slice(0, Object.hasOwn(abbreviations, name.toUpperCase()) ? 3 : 1);
}

/** The zone for `UTC+2` or `GMT-05:00`. Zones with a fixed offset have reversed signs. */
function fixedOffset(name: string): string | undefined {
  const [, sign, hours] = /^(?:(?:Etc\/)?(?:UTC|GMT))?([+-])0?(\d{1,2})(?::?00)?$/i.exec(name) ?? [];
  return sign === undefined ? undefined : `Etc/GMT${sign === '+' ? '-' : '+'}${Number(hours)}`;
}

/**
 * The zones of a place, whatever stands before its name: `Berlin`, `Asia/Mumbai`,
 * `America/NewYork`.
 */
function namedPlace(name: string, names: readonly string[]): readonly string[] | undefined {
  const place = plainPlace(name.slice(name.lastIndexOf('/') + 1));
  if (place.length < 2) return undefined;
  const known = Object.hasOwn(places, place) ? places[place] : undefined;
  const same = names.find(
    (other) => other.includes('/') && plainPlace(other.slice(other.lastIndexOf('/') + 1)) === place,
  );
  const found = same ?? known;
  return found === undefined ? undefined : [found];
}

/**
 * Names that differ by one or two letters in the same part of the world; a similar name elsewhere
 * is another country's.
 */
function slip(name: string, names: readonly string[]): readonly string[] {
  const [area = '', place = ''] = [name.slice(0, name.lastIndexOf('/') + 1), name.slice(name.lastIndexOf('/') + 1)];
  const area1 = area.toLowerCase();
  const near = names.filter(
    (other) =>
      (area === '' || other.toLowerCase().startsWith(area1)) &&
      other.includes('/') &&
      plainPlace(other.slice(other.lastIndexOf('/') + 1))[0] === plainPlace(place)[0],
  );
  const places = near.map((other) => other.slice(other.lastIndexOf('/') + 1));
  const guess = place.length < 5 ? undefined : nearest(place, places);
  const found = near[guess === undefined ? -1 : places.indexOf(guess)];
  return found === undefined ? [] : [found];
}

function reversedSign(name: string): string | undefined {
  const [, sign, hours] = /^Etc\/GMT([+-])([1-9]\d?)$/.exec(name) ?? [];
  if (sign === undefined) return undefined;
  const [is, isNot] = sign === '+' ? ['behind', 'ahead of'] : ['ahead of', 'behind'];
  return `"${name}" is ${hours} h ${is} UTC, not ${isNot} it: the signs of these names are reversed`;
}

function noSummer(name: string, table: ZoneTable): string | undefined {
  const place = Object.hasOwn(withoutSummer, name) ? withoutSummer[name] : undefined;
  if (place === undefined || !table.has(place)) return undefined;
  if (name === 'HST') return `"HST" is one fixed offset without a place; write "${place}"`;
  return `"${name}" has no daylight saving time, all year; for the time of a place write its name, such as "${place}"`;
}
