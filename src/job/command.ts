/**
 * Splits a command line into the words that run without a shell. Only quotes and backslashes have a
 * meaning, that of POSIX (XCU 2.2).
 */

export interface Command {
  /** The command line as it is written, for logs. */
  readonly text: string;
  /** The program and its arguments. */
  readonly words: readonly [string, ...string[]];
}

/** A problem at a 0-based index of the text. */
interface CommandProblem {
  readonly index: number;
  readonly message: string;
}

export type Split =
  | {
      readonly ok: true;
      readonly command: Command;
      /** Characters that a shell would have acted on, each once: `|`, `*`, `$HOME`. */
      readonly shellSyntax: readonly string[];
    }
  | { readonly ok: false; readonly problem: CommandProblem };

interface Scan {
  readonly text: string;
  at: number;
  word: string | undefined;
  readonly words: string[];
  readonly shellSyntax: Set<string>;
}

/** Splits a command line. A final line break, as YAML's `|` and `>` leave it, is not part of it. */
export function splitCommand(written: string): Split {
  const text = written.replace(/\n$/, '');
  const lineBreak = text.indexOf('\n');
  if (lineBreak !== -1) {
    return refused(
      lineBreak,
      'has a line break in it; write a list to run several commands, or > to fold one over several lines',
    );
  }
  const scan: Scan = { text, at: 0, word: undefined, words: [], shellSyntax: new Set() };
  while (scan.at < text.length) {
    const problem = step(scan);
    if (problem) return { ok: false, problem };
  }
  endWord(scan);
  const [program, ...rest] = scan.words;
  if (!program) return refused(0, program === undefined ? 'is empty' : 'has an empty program name');
  noteAssignment(scan, program);
  return { ok: true, command: { text, words: [program, ...rest] }, shellSyntax: [...scan.shellSyntax] };
}

function step(scan: Scan): CommandProblem | undefined {
  const char = scan.text[scan.at] as string;
  if (char === ' ' || char === '\t') endWord(scan);
  else if (char === "'") return singleQuoted(scan);
  else if (char === '"') return doubleQuoted(scan);
  else if (char === '\\') return escaped(scan);
  else if (special.includes(char)) bare(scan, char);
  else return plainRun(scan);
  scan.at += 1;
  return undefined;
}

function endWord(scan: Scan): void {
  if (scan.word !== undefined) scan.words.push(scan.word);
  scan.word = undefined;
}

/** Characters that a shell acts on outside quotes. */
const special = '|&;<>()*?[`$~#{';
/** Matches text up to the next special character. */
const plain = /[^ \t'"\\|&;<>()*?[`$~#{]+/y;

function bare(scan: Scan, char: string): void {
  noteShellSyntax(scan, char);
  scan.word = (scan.word ?? '') + char;
}

function plainRun(scan: Scan): undefined {
  plain.lastIndex = scan.at;
  const run = plain.exec(scan.text)?.[0] ?? '';
  scan.word = (scan.word ?? '') + run;
  scan.at += run.length;
}

function singleQuoted(scan: Scan): CommandProblem | undefined {
  const end = scan.text.indexOf("'", scan.at + 1);
  if (end === -1) return { index: scan.at, message: "has a ' that is never closed" };
  scan.word = (scan.word ?? '') + scan.text.slice(scan.at + 1, end);
  scan.at = end + 1;
  return undefined;
}

function doubleQuoted(scan: Scan): CommandProblem | undefined {
  const opening = scan.at;
  let word = scan.word ?? '';
  for (let at = opening + 1; at < scan.text.length; at += 1) {
    const char = scan.text[at] as string;
    if (char === '"') {
      scan.word = word;
      scan.at = at + 1;
      return undefined;
    }
    const next = scan.text[at + 1];
    const escapes = char === '\\' && next !== undefined && '$`"\\'.includes(next);
    if (!escapes && (char === '$' || char === '`')) noteExpansion(scan, at);
    word += escapes ? next : char;
    if (escapes) at += 1;
  }
  return { index: opening, message: 'has a " that is never closed' };
}

function escaped(scan: Scan): CommandProblem | undefined {
  const next = scan.text[scan.at + 1];
  if (next === undefined) return { index: scan.at, message: 'ends with a backslash' };
  scan.word = (scan.word ?? '') + next;
  scan.at += 2;
  return undefined;
}

/**
 * Notes a character as shell syntax if a shell would act on it: `~` and `#` only at the start of a
 * word, `{` only before a list.
 */
function noteShellSyntax({ text, at, word, words, shellSyntax }: Scan, char: string): void {
  // The ? and & of an address are rarely meant as shell syntax.
  if (word?.includes('://')) return;
  if (char === '$') {
    noteExpansion({ text, shellSyntax }, at);
    return;
  }
  if ((char === '~' || char === '#') && word !== undefined) return;
  if (char === '{' && !/^\{[^ }]*(?:,|\.\.)[^ }]*\}/.test(text.slice(at, at + 200))) return;
  if (char === '[' && !text.slice(at).includes(']')) return;
  if (char === '[' && word === undefined && text[at + 1] === ' ') return;
  if ('*?['.includes(char) && (word?.startsWith('-') || takesPattern.test(words.at(-1) ?? ''))) return;
  // find needs it as a word, with or without the backslash that a shell would remove.
  if (char === ';' && word === undefined && words.some((one) => /^-(?:exec|ok)(?:dir)?$/.test(one))) return;
  shellSyntax.add(char);
}

/** Options whose value is a pattern for the program itself. */
const takesPattern = /^-(?:i?name|i?path|i?wholename|i?regex)$|^--(?:ex|in)clude$/;

function noteExpansion({ text, shellSyntax }: Pick<Scan, 'text' | 'shellSyntax'>, at: number): void {
  const expansion = /^(?:\$(?:\w+|[{(?$!#@*-])|`)/.exec(text.slice(at, at + 100));
  if (expansion) shellSyntax.add(expansion[0]);
}

/** Notes `NAME=value program`, which sets a variable only in a shell. */
function noteAssignment(scan: Scan, program: string): void {
  const name = /^[A-Za-z_]\w*=/.exec(program);
  if (name) scan.shellSyntax.add(name[0]);
}

function refused(index: number, message: string): Split {
  return { ok: false, problem: { index, message } };
}
