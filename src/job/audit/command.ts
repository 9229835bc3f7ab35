/**
 * Warns of commands that don't run as they read, because they are written for a shell, a crontab or
 * another program's file. Each warning says what will happen and what to write.
 */
import { builtinOf } from './shell-builtins.ts';
import { isSequence, shellSyntaxRemedy, wrapped } from './shell-remedy.ts';

export interface AuditedCommand {
  /** The command line, with its quotes and backslashes. */
  readonly text: string;
  /** The program first. */
  readonly words: readonly string[];
  readonly shellSyntax: readonly string[];
}

/** Returns messages without the key in front. */
export function auditCommand(command: AuditedCommand): readonly string[] {
  const pasted = pastedLine(command);
  if (pasted !== undefined) return [pasted];
  const user = userColumn(command);
  if (user !== undefined) return [user, ...auditCommand(withoutFirst(command))];
  const script = partOfScript(command);
  const first = [dashBefore, builtin, quotedWhole, assignment, homePath]
    .map((look) => look(command))
    .find((sentence) => sentence !== undefined);
  const syntax = script === undefined ? [first, shellSyntax(command)] : [script];
  const rest = [escapedPercent(command), typographic(command), template(command)];
  return [...syntax, ...rest].filter((sentence) => sentence !== undefined);
}

function withoutFirst({ text, words, shellSyntax }: AuditedCommand): AuditedCommand {
  return { text: text.trimStart().replace(/^\S+\s+/, ''), words: words.slice(1), shellSyntax };
}

/** Matches a time field of crontab(5), also with names. */
const timeField = /^(?:\*|[0-9]+|[a-z]{3})(?:[-,/](?:[0-9*]+|[a-z]{3}))*$/i;

/** Recognises a whole line of a crontab. */
function pastedLine({ words }: AuditedCommand): string | undefined {
  const nickname = /^@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)$/i.test(words[0] ?? '');
  const isLine = words.length > 5 && words.slice(0, 5).every((word) => timeField.test(word));
  if (!nickname && !isLine) return undefined;
  const [when, rest] = nickname ? [words.slice(0, 1), words.slice(1)] : [words.slice(0, 5), words.slice(5)];
  const user = rest.length > 1 && accounts.has(rest[0] ?? '') ? ` without "${rest[0]}", the user,` : '';
  return `this is a line of a crontab, so "${words[0]}" would be the program: write "${when.join(' ')}" as the "schedule", and what follows it${user} here`;
}

/**
 * Recognises `-/bin/true`: YAML needs a blank after the dash of a list, and to systemd a dash is a
 * prefix.
 */
function dashBefore({ words: [program = ''] }: AuditedCommand): string | undefined {
  const [, mark, rest] = /^([-+!:@])([/~\w].*)$/.exec(program) ?? [];
  if (mark === undefined) return undefined;
  if (mark === '-')
    return `this is one command whose program is called "${program}": in a list a blank follows the dash, "- ${rest}"`;
  return `the program is called "${program}": the "${mark}" that systemd knows means nothing here; write "${rest}"`;
}

function builtin(command: AuditedCommand): string | undefined {
  const [program = ''] = command.words;
  const found = builtinOf(program);
  return found === undefined ? undefined : `"${program}" ${found.comes}; ${found.remedy}`;
}

/**
 * Recognises `cd /srv && ./run`, which gets one message about the whole instead of one about each
 * part.
 */
function partOfScript(command: AuditedCommand): string | undefined {
  const { text, words } = command;
  const signs = unquotedSyntax(command);
  const sets = /^[A-Za-z_]\w*=/.test(words[0] ?? '');
  const found = builtinOf(words[0] ?? '');
  if (signs.length === 0 || (found === undefined && !sets)) return undefined;
  const inLine = sets ? 'write the variables in "environment" and begin with what follows' : found?.inLine;
  const said = [words[0] ?? '', ...signs].map((sign) => JSON.stringify(sign)).join(', ');
  const or = inLine === undefined || !isSequence(text) ? '' : `, or ${inLine}`;
  return `this is a line for a shell, and the command runs without one, so nothing acts on ${said}; ${wrapped(text)}${or}`;
}

/** Accounts that crontabs name and that are no programs. */
const accounts = new Set(
  'root www-data nobody daemon sys backup list irc gnats apache httpd nginx tomcat jenkins ubuntu debian admin deploy www apache2 postgres mysql redis zabbix nagios icinga munin process-control _apt systemd-network'.split(
    ' ',
  ),
);

/**
 * Recognises `root /bin/true`: in /etc/crontab and /etc/cron.d a user stands before the command.
 */
function userColumn({ words: [program = '', next = ''] }: AuditedCommand): string | undefined {
  if (!accounts.has(program) || next === '' || next.startsWith('-')) return undefined;
  const then = builtinOf(next) !== undefined ? 'leave it out' : `begin with "${next}"`;
  return `"${program}" would be the program: the user of a crontab line has no place here, all jobs run as the "user" of the configuration; ${then}`;
}

/** Recognises quotes around the whole command inside of the quotes of YAML. */
function quotedWhole({ words }: AuditedCommand): string | undefined {
  const [program = ''] = words;
  if (words.length > 1 || !/^\S+\s+(?:[-/]|[^/]*$)/.test(program)) return undefined;
  return `the whole command is in quotes, so the program is called ${JSON.stringify(program)}: leave the inner quotes out`;
}

/** Recognises `NAME=value program`. */
function assignment({ words }: AuditedCommand): string | undefined {
  const [program = ''] = words;
  const isSetting = (word: string) => /^[A-Za-z_]\w*=/.test(word);
  if (!isSetting(program)) return undefined;
  const next = words.find((word) => !isSetting(word));
  const then = next === undefined ? '' : `, and begin the command with "${next}"`;
  return `the program would be called "${program}", because only a shell sets a variable so; write it in "environment"${then}`;
}

function homePath({ words: [program = ''] }: AuditedCommand): string | undefined {
  if (!program.startsWith('~')) return undefined;
  return `the program would be called "${program}", because only a shell knows "~"; write the whole path`;
}

function shellSyntax(command: AuditedCommand): string | undefined {
  const signs = unquotedSyntax(command);
  if (signs.length === 0) return undefined;
  const list = signs.map((found) => JSON.stringify(found)).join(', ');
  const stays = signs.length === 1 ? 'stays as it is' : 'stay as they are';
  return `the command runs without a shell, so ${list} ${stays} and nothing acts on ${signs.length === 1 ? 'it' : 'them'}; ${shellSyntaxRemedy(command.text, signs)}`;
}

function unquotedSyntax({ text, words, shellSyntax }: AuditedCommand): readonly string[] {
  // `sh -c "echo $HOME"` does what it says, because a shell expands its argument.
  const expanded = startsShell(words);
  return shellSyntax.filter(
    (found) =>
      !(expanded && /^[$`]/.test(found)) && !/^\w+=$/.test(found) && !(found === '~' && !/[ \t:=]~/.test(text)),
  );
}

/** True for `sh -c …`, also behind nice, env and the like. */
function startsShell(words: readonly string[]): boolean {
  return words.some((word, at) => /(?:^|\/)(?:ba|da|k|z|a)?sh$/.test(word) && /^-/.test(words[at + 1] ?? ''));
}

/**
 * Recognises `date "+\%F"`, which prints the backslash. Only in a crontab does it keep % from
 * ending the command.
 */
function escapedPercent({ words }: AuditedCommand): string | undefined {
  const inShell = startsShell(words);
  const kept = words.find((word) => (inShell ? /["'][^"']*\\%/ : /\\%/).test(word));
  if (kept === undefined) return undefined;
  return `the program gets "\\%" with its backslash: only in a crontab is % written so; write "%"`;
}

function typographic({ text }: AuditedCommand): string | undefined {
  const quote = /[\u2018\u2019\u201c\u201d\u201e]/.exec(text)?.[0];
  if (quote !== undefined) return `the quote ${quote} is a letter like any other; write ' or "`;
  const dash = /(?:^|\s)([\u2013\u2014]\S*)/.exec(text)?.[1];
  if (dash === undefined) return undefined;
  return `"${dash}" begins with a long dash, which is a letter like any other; write "-" or "--"`;
}

/**
 * Matches templates of Jinja, ERB and the like, but not `{{.Names}}` of Go and our own
 * `{{instance}}`.
 */
const unrendered = /\{\{-? +[A-Za-z_][\w.]* *(?:\|[^}]*)?-?\}\}|\{%-? .*?%\}|<%.*?%>/;

function template({ text }: AuditedCommand): string | undefined {
  const found = unrendered.exec(text)?.[0];
  return found === undefined
    ? undefined
    : `"${found}" is passed on as it is: it looks like a template that was not filled in`;
}
