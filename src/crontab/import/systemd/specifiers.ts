/** Replaces the specifiers of systemd.unit(5), such as %i. */

export interface UnitName {
  /** With its suffix, such as `backup@home.timer`. */
  readonly name: string;
  /** The user that the service manager runs as: root, unless it is the manager of a user. */
  readonly manager: { readonly name: string; readonly uid: number; readonly home: string; readonly isSystem: boolean };
  readonly hostName: string;
}

export type Expanded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly specifier: string };

export function expand(text: string, unit: UnitName): Expanded {
  let unknown: string | undefined;
  const written = text.replace(/%(.)?/g, (all, letter: string | undefined) => {
    const value = letter === '%' ? '%' : letter === undefined ? undefined : specifierOf(letter, unit);
    if (value === undefined) unknown ??= all;
    return value ?? all;
  });
  return unknown === undefined ? { ok: true, text: written } : { ok: false, specifier: unknown };
}

function specifierOf(letter: string, { name, manager, hostName }: UnitName): string | undefined {
  const bare = name.slice(0, name.lastIndexOf('.'));
  const { prefix, instance = '' } = partsOf(name);
  const last = prefix.slice(prefix.lastIndexOf('-') + 1);
  const { isSystem, home } = manager;
  const values: Readonly<Record<string, string | undefined>> = {
    ...{ n: name, N: bare, p: prefix, P: unescaped(prefix), i: instance, I: unescaped(instance) },
    ...{ j: last, J: unescaped(last), f: `/${unescaped(instance === '' ? prefix : instance)}` },
    ...{ h: home, u: manager.name, U: String(manager.uid), H: hostName, l: hostName.replace(/\..*/, '') },
    ...(isSystem && { t: '/run', S: '/var/lib', C: '/var/cache', L: '/var/log', E: '/etc', g: 'root', G: '0' }),
    ...(!isSystem && {
      S: `${home}/.local/state`,
      C: `${home}/.cache`,
      E: `${home}/.config`,
      t: `/run/user/${manager.uid}`,
    }),
    ...{ T: '/tmp', V: '/var/tmp' },
  };
  return Object.hasOwn(values, letter) ? values[letter] : undefined;
}

/** `backup@home.timer` has the prefix `backup` and the instance `home`. */
export function partsOf(name: string): { readonly prefix: string; readonly instance?: string } {
  const bare = name.slice(0, name.lastIndexOf('.'));
  const at = bare.indexOf('@');
  return at === -1 ? { prefix: bare } : { prefix: bare.slice(0, at), instance: bare.slice(at + 1) };
}

function unescaped(text: string): string {
  return text
    .replaceAll('-', '/')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
