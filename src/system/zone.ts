/** The time zone of this host, as cron has it: from /etc/localtime, whatever TZ the caller has set. */
import { readFileSync, realpathSync } from 'node:fs';

const zoneinfo = /\/zoneinfo\/(?:posix\/|right\/)?([A-Za-z0-9_+/-]+)$/;

/** An IANA name that Intl knows; UTC when there is no /etc/localtime, which is what the C library takes then. */
export function hostZone(localtime = '/etc/localtime', timezone = '/etc/timezone'): string {
  return [nameByLink(localtime), nameInFile(timezone)].find((name) => name !== undefined && isZone(name)) ?? 'UTC';
}

function nameByLink(file: string): string | undefined {
  try {
    return zoneinfo.exec(realpathSync(file))?.[1];
  } catch {
    return undefined;
  }
}

/** Where /etc/localtime is a copy, Debian keeps its name here. */
function nameInFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Whether Intl knows it, as an IANA name and not as an offset. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
