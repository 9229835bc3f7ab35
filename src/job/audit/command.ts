/**
 * Commands that run otherwise than they read: written as for a shell, for a crontab or for another program's file. Each is a warning that
 * says what will happen and what to write.
 */
import { builtinOf } from './shell-builtins.ts';
import { isSequence, shellSyntaxRemedy, wrapped } from './shell-remedy.ts';

export interface AuditedCommand {
  /** As it is run: quotes and backslashes still in it. */
  readonly text: string;
  /** The program first. */
  readonly words: readonly string[];
  readonly shellSyntax: readonly string[];
}

/** Sentences without the key in front. */
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

/** A time field of crontab(5), with its names. */
const timeField = /^(?:\*|[0-9]+|[a-z]{3})(?:[-,/](?:[0-9*]+|[a-z]{3}))*$/i;

/** A whole line of a crontab. */
function pastedLine({ words }: AuditedCommand): string | undefined {
  const nickname = /^@(?:reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)$/i.test(words[0] ?? '');
  const isLine = words.length > 5 && words.slice(0, 5).every((word) => timeField.test(word));
  if (!nickname && !isLine) return undefined;
  const [when, rest] = nickname ? [words.slice(0, 1), words.slice(1)] : [words.slice(0, 5), words.slice(5)];
  const user = rest.length > 1 && accounts.has(rest[0] ?? '') ? ` without "${rest[0]}", the user,` : '';
  return `this is a line of a crontab, so "${words[0]}" would be the program: write "${when.join(' ')}" as the "schedule", and what follows it${user} here`;
}

/** `-/bin/true`: to YAML a list begins with a dash and a blank, to systemd a dash is a mark. */
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

/** `cd /srv && ./run`: two sentences about its parts would lead apart, so one speaks of the whole. */
function partOfScript(command: AuditedCommand): string | undefined {
  const { text, words } = command;
  const signs = doubtfulSyntax(command);
  const sets = /^[A-Za-z_]\w*=/.test(words[0] ?? '');
  const found = builtinOf(words[0] ?? '');
  if (signs.length === 0 || (found === undefined && !sets)) return undefined;
  const inLine = sets ? 'write the variables in "environment" and begin with what follows' : found?.inLine;
  const said = [words[0] ?? '', ...signs].map((sign) => JSON.stringify(sign)).join(', ');
  const or = inLine === undefined || !isSequence(text) ? '' : `, or ${inLine}`;
  return `this is a line for a shell, and the command runs without one, so nothing acts on ${said}; ${wrapped(text)}${or}`;
}

/** Accounts that crontabs name, and that are no programs. */
const accounts = new Set(
  'root www-data nobody daemon sys backup list irc gnats apache httpd nginx tomcat jenkins ubuntu debian admin deploy www apache2 postgres mysql redis zabbix nagios icinga munin process-control _apt systemd-network'.split(
    ' ',
  ),
);

/** `root /bin/true`: in /etc/crontab and /etc/cron.d a user stands before the command. */
function userColumn({ words: [program = '', next = ''] }: AuditedCommand): string | undefined {
  if (!accounts.has(program) || next === '' || next.startsWith('-')) return undefined;
  const then = builtinOf(next) !== undefined ? 'leave it out' : `begin with "${next}"`;
  return `"${program}" would be the program: the user of a crontab line has no place here, all jobs run as the "user" of the configuration; ${then}`;
}

/** The quotes of YAML and quotes inside of them, around all of it. */
function quotedWhole({ words }: AuditedCommand): string | undefined {
  const [program = ''] = words;
  if (words.length > 1 || !/^\S+\s+(?:[-/]|[^/]*$)/.test(program)) return undefined;
  return `the whole command is in quotes, so the program is called ${JSON.stringify(program)}: leave the inner quotes out`;
}

/** `NAME=value program`. */
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
  const doubtful = doubtfulSyntax(command);
  if (doubtful.length === 0) return undefined;
  const list = doubtful.map((found) => JSON.stringify(found)).join(', ');
  const stays = doubtful.length === 1 ? 'stays as it is' : 'stay as they are';
  return `the command runs without a shell, so ${list} ${stays} and nothing acts on ${doubtful.length === 1 ? 'it' : 'them'}; ${shellSyntaxRemedy(command.text, doubtful)}`;
}

function doubtfulSyntax({ text, words, shellSyntax }: AuditedCommand): readonly string[] {
  // A shell gets the text to expand as its argument: `sh -c "echo $HOME"` does what it says.
  const expanded = startsShell(words);
  return shellSyntax.filter(
    (found) =>
      !(expanded && /^[$`]/.test(found)) && !/^\w+=$/.test(found) && !(found === '~' && !/[ \t:=]~/.test(text)),
  );
}

/** `sh -c …`, also behind nice, env and the like. */
function startsShell(words: readonly string[]): boolean {
  return words.some((word, at) => /(?:^|\/)(?:ba|da|k|z|a)?sh$/.test(word) && /^-/.test(words[at + 1] ?? ''));
}

/** In quotes the backslash stays: `date "+\%F"` prints it. In a crontab it keeps % from ending the command. */
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

/** Jinja, ERB and their kin; `{{.Names}}` of Go and `{{instance}}` of ours are no such things. */
const unrendered = /\{\{-? +[A-Za-z_][\w.]* *(?:\|[^}]*)?-?\}\}|\{%-? .*?%\}|<%.*?%>/;

function template({ text }: AuditedCommand): string | undefined {
  const found = unrendered.exec(text)?.[0];
  return found === undefined
    ? undefined
    : `"${found}" is passed on as it is: it looks like a template that was not filled in`;
}
