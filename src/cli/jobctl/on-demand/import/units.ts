/** Finds and reads unit files as systemd does: search path, drop-ins, masked units, templates. */
// biome-ignore lint/style/noRestrictedImports: the directories of systemd and those that the caller names; nothing below those of jobs.
import { readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { partsOf } from '../../../../crontab/import/systemd/specifiers.ts';
import type { UnitText } from '../../../../crontab/import/systemd/unit-file.ts';
import { OddFileError, readFrom } from '../../../../system/file/careful-file.ts';
import { inNamedFile } from '../../../../system/file/named-file.ts';
import { refuseForeign } from './places.ts';

/** Unit files are small; systemd itself refuses lines of more than 1 MiB. */
const limitBytes = 1024 * 1024;

export interface FoundUnit {
  /** The unit file first, then its drop-ins in order. */
  readonly texts: readonly UnitText[];
  /** Other users can't read one of them. */
  readonly isPrivate: boolean;
}

/** Directories in order: a file in an earlier one hides those of its name in the later ones. */
export const systemPath: readonly string[] = [
  ...['/etc/systemd/system.control', '/run/systemd/system.control', '/run/systemd/transient'],
  ...['/run/systemd/generator.early', '/etc/systemd/system', '/run/systemd/system', '/run/systemd/generator'],
  ...['/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system', '/run/systemd/generator.late'],
];

export function userPath(home: string): readonly string[] {
  return [
    ...[`${home}/.config/systemd/user`, '/etc/systemd/user', '/run/systemd/user', `${home}/.local/share/systemd/user`],
    ...['/usr/local/lib/systemd/user', '/usr/lib/systemd/user'],
  ];
}

/** The unit, or why it can't be read. */
export function findUnit(name: string, directories: readonly string[]): FoundUnit | string {
  for (const one of [name, templateOf(name)]) {
    if (one === undefined) continue;
    for (const directory of directories) {
      const file = path.join(directory, one);
      const read = readUnitFile(file);
      if (read === undefined) continue;
      if (typeof read === 'string') return `${file}: ${read}`;
      if (read.text === '' || isMasked(file)) return `${file}: the unit is masked`;
      return withDropIns({ file, ...read }, name, directories);
    }
  }
  return 'there is no such unit in the search path of systemd; a path with a slash names a file';
}

/** The unit of a file, with the drop-ins beside it and in the search path. */
export function unitOfFile(file: string, directories: readonly string[]): FoundUnit | string {
  const template = path.join(path.dirname(file), templateOf(path.basename(file)) ?? '');
  const read =
    readUnitFile(file) ?? (templateOf(path.basename(file)) === undefined ? undefined : readUnitFile(template));
  if (read === undefined) return 'there is no such file';
  if (typeof read === 'string') return read;
  if (read.text === '') return 'the unit is masked';
  return withDropIns({ file, ...read }, path.basename(file), [path.dirname(file), ...directories]);
}

function templateOf(name: string): string | undefined {
  const { prefix, instance } = partsOf(name);
  return instance === undefined ? undefined : `${prefix}@${path.extname(name)}`;
}

function withDropIns(
  unit: UnitText & { readonly isPrivate: boolean },
  name: string,
  directories: readonly string[],
): FoundUnit | string {
  const files = new Map<string, string>();
  for (const folder of dropInFolders(name)) {
    for (const directory of new Set(directories)) {
      for (const one of namesIn(path.join(directory, folder))) {
        if (!files.has(one)) files.set(one, path.join(directory, folder, one));
      }
    }
  }
  const texts: UnitText[] = [{ file: unit.file, text: unit.text }];
  let { isPrivate } = unit;
  for (const [, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isMasked(file)) continue;
    const read = readUnitFile(file);
    if (read === undefined) continue;
    if (typeof read === 'string') return `${file}: ${read}`;
    texts.push({ file, text: read.text });
    isPrivate ||= read.isPrivate;
  }
  return { texts, isPrivate };
}

/** The nearest first: `a-b@c.timer.d`, `a-b@.timer.d`, `a-.timer.d`, `timer.d`. */
function dropInFolders(name: string): readonly string[] {
  const type = path.extname(name);
  const { prefix } = partsOf(name);
  const pieces = prefix.split('-');
  const prefixes = pieces.slice(1).map((_, at) => `${pieces.slice(0, pieces.length - 1 - at).join('-')}-`);
  return [name, templateOf(name), ...prefixes.map((one) => one + type), type.slice(1)]
    .filter((one) => one !== undefined)
    .map((one) => `${one}.d`);
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.conf') && !name.startsWith('.'));
  } catch {
    return [];
  }
}

function isMasked(file: string): boolean {
  try {
    return readlinkSync(file) === '/dev/null';
  } catch {
    return false;
  }
}

interface UnitFile {
  readonly text: string;
  /** Other users can't read it. */
  readonly isPrivate: boolean;
  readonly uid: number;
}

/** `undefined` if there is none, a text why it can't be read. */
export function readUnitFile(file: string): UnitFile | string | undefined {
  if (isMasked(file)) return { text: '', isPrivate: false, uid: 0 };
  try {
    return inNamedFile(file, (fd, { size, mode, uid }) => {
      refuseForeign(file, { uid, mode });
      if (size > limitBytes) throw new OddFileError(`it has more than ${limitBytes} bytes`);
      const bytes = readFrom(fd, 0, size);
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      return { text, isPrivate: (mode & 0o004) === 0, uid };
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    return error instanceof TypeError ? 'it is not text in UTF-8' : message;
  }
}
