/** One crontab as it is, and why cron ignores the whole of it. The rules are those of Debian's cron (database.c, user.c). */
import type { FileFacts } from '../system/system.ts';

/** Whether cron reads it: a file of /etc/cron.d, one in another place, standard output, or the user's own crontab. */
type CrontabKind = 'cron.d' | 'elsewhere' | 'console' | 'own';

export interface CrontabPart {
  readonly path: string;
  readonly kind: CrontabKind;
  /** Absent when there is no such file. */
  readonly facts?: Pick<FileFacts, 'kind' | 'uid' | 'mode' | 'links' | 'mtimeMs'>;
  /** Why it could not be read. */
  readonly unreadable?: string;
  readonly lineCount: number;
  /** What cron would refuse: "line 3: …". */
  readonly faults: readonly string[];
  readonly endsWithLineBreak: boolean;
  /** Users that lines name and that this host does not know. */
  readonly unknownUsers: readonly string[];
}

export interface CrontabRefusal {
  /** A clause: "its owner is uid 1000 and not root". */
  readonly words: string;
  readonly advice: string;
}

/** Why cron ignores the whole file; `generate` is the command that writes it again. */
export function refusalOf(crontab: CrontabPart, generate: string): CrontabRefusal | undefined {
  const { path, facts, kind, faults, unknownUsers, endsWithLineBreak, lineCount } = crontab;
  if (facts === undefined || kind === 'own') return undefined;
  const because = (words: string, advice: string): CrontabRefusal => ({ words, advice });
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (facts.kind !== 'file') return because(`it is a ${facts.kind}`, `remove it, then ${generate}`);
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    return because(`"${name}" has other characters than letters, digits, _ and -`, 'set another "output_crontab"');
  if (facts.uid !== 0)
    return because(`its owner is uid ${facts.uid} and not root`, `chown root ${path} && touch ${path}`);
  if ((facts.mode & 0o022) !== 0)
    return because(`others than root can write it (mode ${octal(facts.mode)})`, `chmod 644 ${path}`);
  if (facts.links > 1) return because(`it has ${facts.links} hard links`, `remove the others, then touch ${path}`);
  if (faults[0] !== undefined) return because(`one line is wrong: ${faults[0]}`, generate);
  if (!endsWithLineBreak) return because('its last line has no end', generate);
  if (unknownUsers[0] !== undefined)
    return because(
      `a line names the user "${unknownUsers[0]}", who does not exist`,
      `${generate} when the user is there`,
    );
  if (lineCount > 10_000) return because(`it has ${lineCount} lines, and 10,000 are read`, generate);
  return undefined;
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
