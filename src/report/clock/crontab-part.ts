/**
 * One crontab as it is, and the reason why cron ignores all of it. The rules are those of Debian's
 * cron (database.c, user.c).
 */
import type { FileFacts } from '../../system/types/file.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Advice, advise } from '../advice.ts';

/**
 * The place of a crontab, which decides whether cron reads it: in /etc/cron.d, elsewhere, standard
 * output, the user's own, or the lines that job-scheduler has.
 */
type CrontabKind = 'cron.d' | 'elsewhere' | 'console' | 'own' | 'scheduler';

export interface CrontabPart {
  readonly path: string;
  readonly kind: CrontabKind;
  /** Absent when there is no such file. */
  readonly facts?: Pick<FileFacts, 'kind' | 'uid' | 'mode' | 'links' | 'mtimeMs'>;
  /** The reason why it could not be read. */
  readonly unreadable?: string;
  readonly lineCount: number;
  /** The lines that cron would refuse: "line 3: …". */
  readonly faults: readonly string[];
  readonly endsWithLineBreak: boolean;
  /** Users that lines name and that this host does not know. */
  readonly unknownUsers: readonly string[];
}

export interface CrontabRefusal {
  /** A clause: "its owner is uid 1000 and not root". */
  readonly words: string;
  readonly advice: readonly Advice[];
}

/** Returns why cron ignores the whole file; `generate` is the command that writes it again. */
export function refusalOf(crontab: CrontabPart, generate: string): CrontabRefusal | undefined {
  const { path, facts, kind, faults: problems, unknownUsers, endsWithLineBreak, lineCount } = crontab;
  if (facts === undefined || kind === 'own' || kind === 'scheduler') return undefined;
  const because = (words: string, ...advice: readonly Advice[]): CrontabRefusal => ({ words, advice });
  const again = advise('install the crontab again', generate);
  const file = shellWord(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (facts.kind !== 'file') return because(`it is a ${facts.kind}`, advise(`remove ${path}, then`, generate));
  if (!/^[A-Za-z0-9_-]+$/.test(name))
    return because(
      `"${name}" has other characters than letters, digits, _ and -`,
      advise('set another "output_crontab" in the configuration, then', generate),
    );
  if (facts.uid !== 0)
    return because(
      `its owner is uid ${facts.uid} and not root`,
      advise('give it to root', `sudo chown root ${file}`, `sudo touch ${file}`),
    );
  if ((facts.mode & 0o022) !== 0)
    return because(
      `others than root can write it (mode ${octal(facts.mode)})`,
      advise('close it', `sudo chmod 644 ${file}`, `sudo touch ${file}`),
    );
  if (facts.links > 1)
    return because(`it has ${facts.links} hard links`, advise('remove the other links, then', `sudo touch ${file}`));
  if (problems[0] !== undefined) return because(`one line is wrong: ${problems[0]}`, again);
  if (!endsWithLineBreak) return because('its last line has no end', again);
  if (unknownUsers[0] !== undefined)
    return because(
      `a line names the user "${unknownUsers[0]}", who does not exist`,
      advise(`make that user, or set another "user" in the configuration, then`, generate),
    );
  if (lineCount > 10_000) return because(`it has ${lineCount} lines, and 10,000 are read`, again);
  return undefined;
}

export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
