/**
 * Writes to the system log (authpriv) what a person is about to change, before the change. A
 * history belongs to the service user, so every job can write one; this line is root's when root
 * has called, and can't be taken back. Loaded only when a person asks for a change.
 */
// biome-ignore lint/style/noRestrictedImports: reads /proc/self, and nothing that a job can write
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { writeSyslog } from '../../system/own-log/syslog.ts';
import { callerName } from '../frame/caller-name.ts';

const argumentLimit = 300;
const lineLimit = 3000;

/** Waits for logger(1) two seconds at most, and whatever becomes of it the change goes on. */
export async function auditChange(program: string, args: readonly string[]): Promise<void> {
  await writeSyslog('info', auditLine(program, args), { facility: 'authpriv', tag: program });
}

function auditLine(program: string, args: readonly string[]): string {
  const facts = {
    person: callerName(),
    uid: process.getuid?.() ?? 'unknown',
    loginuid: readOwn('loginuid'),
    SUDO_USER: process.env.SUDO_USER ?? 'none',
    terminal: terminalName(),
    run: process.env.PROCESS_CONTROL_RUN_ID ?? 'none',
  };
  const words = Object.entries(facts).map(([fact, value]) => `${fact}=${quoted(String(value))}`);
  return `${words.join(' ')} command: ${[program, ...args].map(quoted).join(' ')}`.slice(0, lineLimit);
}

/**
 * A plain word stays as it is. Anything else is quoted and in ASCII, so that an argument can't look
 * like two, or like a fact.
 */
function quoted(word: string): string {
  const short = word.length > argumentLimit ? `${word.slice(0, argumentLimit)}…` : word;
  if (/^[\w@%+,./:-]+=?[\w@%+,./:-]*$/.test(short)) return short;
  return JSON.stringify(short).replace(
    /[^ -~]/gu,
    (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** 4294967295 is the kernel's "not set". */
function readOwn(file: string): string {
  try {
    const text = readFileSync(`/proc/self/${file}`, 'latin1').trim();
    return text === '4294967295' ? 'none' : text;
  } catch {
    return 'unknown';
  }
}

/** The controlling terminal: field 7 of /proc/PID/stat, a device number as proc(5) describes it. */
function terminalName(): string {
  const stat = readOwn('stat');
  const number = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]);
  if (!(number > 0)) return 'none';
  const [major, minor] = [(number >> 8) & 0xfff, (number & 0xff) | ((number >> 12) & 0xfff00)];
  if (major >= 136 && major <= 143) return `pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return `${major}:${minor}`;
}
