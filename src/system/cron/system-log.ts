/** Reads the end of the system log: the files of syslog daemons, otherwise systemd's journal. */
import { spawnSync } from 'node:child_process';
import { readFrom } from '../file/careful-file.ts';
import { inNamedFile } from '../file/named-file.ts';
import { codeOf } from '../file/stage.ts';

export type SystemLogAnswer =
  | { readonly is: 'read'; readonly source: string; readonly text: string }
  | { readonly is: 'missing'; readonly reason: string };

/** Debian's rsyslog, Debian with a cron.log of its own, Red Hat's. */
const usualFiles = ['/var/log/cron.log', '/var/log/syslog', '/var/log/cron', '/var/log/messages'];

/** About a day of a busy host. */
const tailBytes = 8 * 1024 * 1024;

/** The time limit for journalctl, because a person waits for the answer. */
const journalLimitMs = 10_000;

const identifiers = [
  'cron',
  'CRON',
  'crond',
  'CROND',
  'run-job',
  'systemd-sleep',
  'systemd',
  'systemd-timesyncd',
  'chronyd',
  'kernel',
];

export interface SystemLogSpan {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The lines of about this span, unchanged. */
export function readSystemLog(span: SystemLogSpan, files: readonly string[] = usualFiles): SystemLogAnswer {
  const found = readFiles(files);
  return 'closed' in found ? readJournal(span, found.closed) : found;
}

/** The same for a program that starts no other one: it reads the files only. */
export function readSystemLogFiles(): SystemLogAnswer {
  const found = readFiles(usualFiles);
  if (!('closed' in found)) return found;
  return { is: 'missing', reason: `${filesWords(found.closed)}, and the journal was not asked: jobctl why does that` };
}

function readFiles(files: readonly string[]): SystemLogAnswer | { readonly closed: readonly string[] } {
  const closed: string[] = [];
  for (const source of files) {
    const text = readEnd(source);
    if (text === 'closed') closed.push(source);
    else if (text !== undefined && /cron/i.test(text)) return { is: 'read', source, text };
  }
  return { closed };
}

/** `closed`: files that the caller may not read. */
function filesWords([file]: readonly string[]): string {
  const of =
    file === undefined
      ? 'no syslog file has a word of it'
      : `${file} can't be read by you (root and the group adm may)`;
  return `no log of cron can be read: ${of}`;
}

/** `closed`: the file is there, and the caller may not read it. */
function readEnd(file: string): string | undefined {
  try {
    return inNamedFile(file, (fd, { size }) => {
      const from = Math.max(0, size - tailBytes);
      return readFrom(fd, from, size - from).toString('utf8');
    });
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(codeOf(error) ?? '') ? 'closed' : undefined;
  }
}

function readJournal({ fromMs, untilMs }: SystemLogSpan, closed: readonly string[]): SystemLogAnswer {
  const seconds = (ms: number) => `@${Math.floor(ms / 1000)}`;
  const tags = identifiers.flatMap((identifier) => ['-t', identifier]);
  const args = [
    '--quiet',
    '--no-pager',
    '--output=short-unix',
    `--since=${seconds(fromMs)}`,
    `--until=${seconds(untilMs)}`,
    ...tags,
  ];
  const { stdout, status, error } = spawnSync('/usr/bin/journalctl', args, {
    encoding: 'utf8',
    timeout: journalLimitMs,
    maxBuffer: 4 * tailBytes,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  const journal =
    (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
      ? 'there is no journalctl'
      : 'the journal shows you nothing of it';
  const reason = `${filesWords(closed)}, and ${journal}`;
  if (error !== undefined || status !== 0 || stdout.trim() === '') return { is: 'missing', reason };
  return { is: 'read', source: 'journalctl', text: stdout };
}
