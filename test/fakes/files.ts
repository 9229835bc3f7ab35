/** Files and users in memory, for code that decides by owner, mode and kind. */
import type { FileFacts, FileKind, Files } from '../../src/system/types/file.ts';
import type { User, Users } from '../../src/system/types/user.ts';

export interface FakeFile {
  readonly text?: string;
  readonly kind?: FileKind;
  readonly uid?: number;
  readonly mode?: number;
  /** The target of a symbolic link. */
  readonly target?: string;
  /** The reason why reading the file is refused. */
  readonly refused?: string;
}

/** The files by path. Directories that are not listed belong to root and have mode 0755. */
export function memoryFiles(named: Readonly<Record<string, FakeFile>>): Files {
  const all = new Map<string, FakeFile>();
  for (const [path, file] of Object.entries(named)) {
    const parts = path.split('/').slice(1, -1);
    for (let depth = 0; depth <= parts.length; depth += 1) {
      const directory = `/${parts.slice(0, depth).join('/')}`;
      if (!all.has(directory)) all.set(directory, named[directory] ?? { kind: 'directory', mode: 0o755 });
    }
    all.set(path, file);
  }
  const resolve = (path: string): string | undefined => {
    const target = all.get(path)?.target;
    if (target !== undefined) return target === path ? undefined : resolve(target);
    return all.has(path) ? path : undefined;
  };
  const follow = (path: string) => all.get(resolve(path) ?? '');
  return {
    facts: (path) => factsOf(all.get(path)),
    resolve,
    readRegular: (path) => {
      const file = follow(path);
      const facts = factsOf(file);
      if (file === undefined || facts === undefined) return { is: 'absent' };
      if (file.refused !== undefined) return { is: 'refused', reason: file.refused };
      return { is: 'read', bytes: new TextEncoder().encode(file.text ?? ''), facts };
    },
    list: (directory) => {
      if (!all.has(directory)) return undefined;
      const prefix = `${directory}/`;
      return [...all.keys()]
        .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
        .map((path) => path.slice(prefix.length));
    },
  };
}

function factsOf(file: FakeFile | undefined): FileFacts | undefined {
  if (file === undefined) return undefined;
  const kind = file.target === undefined ? (file.kind ?? 'file') : 'symlink';
  const stamps = { mtimeMs: 0, ctimeMs: 0, inode: 1, device: 1, links: 1 };
  return { kind, uid: file.uid ?? 0, gid: 0, mode: file.mode ?? 0o644, sizeBytes: file.text?.length ?? 0, ...stamps };
}

export function memoryUsers(...known: readonly User[]): Users {
  return {
    find: (nameOrUid) => known.find(({ name, uid }) => name === nameOrUid || String(uid) === nameOrUid),
  };
}
