/**
 * The locale of this host, as the administrator has set it for logins. Cron does not pass it to
 * run-job everywhere.
 */
import { files } from '../file/files.ts';
import type { Locale } from '../types/user.ts';

/** Debian's file and systemd's (locale.conf(5)). Only the first one that exists counts. */
const localeFiles = ['/etc/default/locale', '/etc/locale.conf'];

const limitBytes = 64 * 1024;

export function hostLocale(candidates: readonly string[] = localeFiles): Locale {
  for (const file of candidates) {
    const read = files.readRegular(file, { limitBytes });
    if (read.is === 'read') return { file, variables: localeVariables(new TextDecoder().decode(read.bytes)) };
  }
  return { variables: {} };
}

/**
 * LANG, LANGUAGE and LC_* from lines such as `LANG="de_DE.UTF-8"`. Values that can't be a locale
 * are left out.
 */
function localeVariables(text: string): Readonly<Record<string, string>> {
  const line = /^[ \t]*(?:export[ \t]+)?(LANG|LANGUAGE|LC_[A-Z]+)=(["']?)([\w.@:-]+)\2[ \t]*$/gm;
  return Object.fromEntries([...text.matchAll(line)].map(([, name = '', , value = '']) => [name, value]));
}
