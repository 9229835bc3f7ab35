/** Reads a crontab that people wrote, by the rules of the cron that reads it, line by line. */

import { defined } from '../../text/defined.ts';

export interface SourceEntry {
  /** 1-based. */
  readonly line: number;
  readonly schedule: string;
  /** The user column; absent in a user's crontab. */
  readonly user?: string;
  /** The command as the shell gets it: `\%` is `%` here. */
  readonly command: string;
  /** The lines of standard input that `%` gives to the command. */
  readonly input?: readonly string[];
  /** The settings above the line, which alone hold for it. */
  readonly settings: ReadonlyMap<string, string>;
  /** The text of the comment directly above. */
  readonly comment?: string;
  /** The name that an anacrontab gives it. */
  readonly id?: string;
  readonly passedOn?: PassedOn;
}

/** The part of a line that only anacron has. */
export interface PassedOn {
  readonly keys: readonly string[];
  /** The difference of its starts. */
  readonly check: string;
}

export interface SourceNote {
  readonly line: number;
  readonly message: string;
}

export interface SourceReading {
  readonly entries: readonly SourceEntry[];
  /** Lines that become no job, each with what to decide. */
  readonly problems: readonly SourceNote[];
  /** Lines that belong to the system or to process-control, and stay. */
  readonly left: readonly SourceNote[];
}

type Read =
  | { readonly is: 'setting'; readonly name: string; readonly value: string }
  | ({ readonly is: 'entry' } & Pick<SourceEntry, 'schedule' | 'user' | 'command' | 'input'>)
  | { readonly is: 'left'; readonly message: string }
  | { readonly is: 'problem'; readonly message: string };

export function readSource(text: string, hasUsers: boolean): SourceReading {
  const entries: SourceEntry[] = [];
  const problems: SourceNote[] = [];
  const left: SourceNote[] = [];
  const settings = new Map<string, string>();
  const lines = text.split('\n');
  if (lines.pop() !== '') {
    problems.push({
      line: lines.length + 1,
      message: 'the last line has no line break, so cron ignores the whole file',
    });
    return { entries, problems, left };
  }
  let comment: string | undefined;
  let isText = false;
  for (const [index, written] of lines.entries()) {
    const line = index + 1;
    const start = written.replace(/^[ \t]+/, '');
    const above = comment;
    const isRemark = start.startsWith('#');
    // The end of a longer text is no title.
    comment =
      isRemark && !isText
        ? start
            .slice(0, longestLine)
            .replace(/^#+[ \t]*/, '')
            .trim()
        : undefined;
    isText = isRemark && /[a-z]{3}/i.test(start) && !/^#[ \t]*(?:m|min|minute)[ \t]+h/i.test(start);
    if (start === '' || start.startsWith('#')) continue;
    const read = readLine(start, hasUsers);
    if (read.is === 'setting') settings.set(read.name, read.value);
    else if (read.is === 'left') left.push({ line, message: read.message });
    else if (read.is === 'problem') problems.push({ line, message: read.message });
    else {
      const { schedule, user, command, input } = read;
      const more = defined({ user, input, comment: above === '' ? undefined : above });
      entries.push({ line, schedule, command, settings: new Map(settings), ...more });
    }
  }
  return { entries, problems, left };
}

/** Debian's cron reads no more of a line, and says nothing. */
export const longestLine = 1000;

export const tooLong = 'it has more than 1,000 characters, of which cron may read no more: write a script for it';

function readLine(text: string, hasUsers: boolean): Read {
  if (text.length > longestLine) return problem(tooLong);
  if (text.startsWith('\ufeff')) return problem('it begins with a byte order mark, which cron does not understand');
  if (/[\0-\x08\x0b-\x1f\x7f]/.test(text)) {
    return problem('it has a control character, perhaps the line end of Windows, which cron passes to the command');
  }
  return readSetting(text) ?? readEntry(text, hasUsers);
}

/** cron looks for NAME=VALUE first, with blanks around the sign and quotes around either side. */
export function readSetting(text: string): Read | undefined {
  const [, one, other, bare, written = ''] =
    /^(?:"([^"]*)"|'([^']*)'|([^\s='"]+))[ \t]*=[ \t]*(.*?)[ \t]*$/.exec(text) ?? [];
  const name = one ?? other ?? bare;
  if (name === undefined) return undefined;
  if (!/^[A-Za-z_]\w*$/.test(name)) return problem(`"${name}" is not the name of a variable`);
  const [, , quoted] = /^(["'])(.*)\1$/.exec(written) ?? [];
  const value = quoted ?? written;
  if (quoted === undefined ? /^["']/.test(value) : value.includes(written[0] ?? '')) {
    return problem(`the quotes in the value of ${name} are not a pair around all of it`);
  }
  return { is: 'setting', name, value };
}

function readEntry(text: string, hasUsers: boolean): Read {
  if (text.startsWith('-')) return problem("a line that begins with - is for other daemons than Debian's cron");
  const [, written = '', rest = ''] = /^(@\S+|(?:[^@\s]\S*[ \t]+){4}\S+)[ \t]+(.*)$/.exec(text) ?? [];
  const [, user, command = ''] = hasUsers ? (/^(\S+)[ \t]+(.*)$/.exec(rest) ?? []) : [undefined, undefined, rest];
  if (command === '') return problem('it is neither a comment, nor NAME=VALUE, nor a schedule with a command');
  if (user !== undefined && !/^[A-Za-z_][\w.-]*\$?$/.test(user)) return problem(`"${user}" is not a user name`);
  if (/\brun-parts\b.*\/etc\/cron\./.test(command)) {
    return { is: 'left', message: "the system's own line, which runs the scripts of packages: leave it to cron" };
  }
  if (/(?:^|\/)(?:run-job --(?:job|ensure|catch-up)\b)/.test(command)) {
    return { is: 'left', message: 'a line of process-control already' };
  }
  const schedule = written.split(/[ \t]+/).join(' ');
  const [first = '', ...input] = command.split(/(?<!\\)%/).map((part) => part.replaceAll('\\%', '%'));
  // A last % ends the last line; cron gives no second line end.
  if (input.length > 1 && input.at(-1) === '') input.pop();
  if (input.length > 0 && first.includes('#'))
    return problem('its command has a # and its standard input comes from %: write a script for it');
  const hasInput = input.length > 1 || (input[0] ?? '') !== '';
  return { is: 'entry', schedule, command: first, ...defined({ user, input: hasInput ? input : undefined }) };
}

function problem(message: string): Read {
  return { is: 'problem', message };
}
