/** A command line to the words that are run without a shell: quotes and backslashes as POSIX says (XCU 2.2), nothing else. */

export interface Command {
  /** As it is written, for logs. */
  readonly text: string;
  /** The program first. */
  readonly words: readonly [string, ...string[]];
}

/** `index` is 0-based in the text. */
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

/** A final line break, as YAML's `|` and `>` leave it, is not part of the command. */
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

/** What a shell would act on outside quotes. */
const special = '|&;<>()*?[`$~#{';
/** Everything else up to the next character that needs a look. */
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

/** `~` and `#` mean something to a shell only at the start of a word, `{` only before a list. */
function noteShellSyntax({ text, at, word, words, shellSyntax }: Scan, char: string): void {
  // The ? and & of an address are literal to us, and rarely meant otherwise.
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
  // find wants it as a word, with or without the backslash that a shell would take away.
  if (char === ';' && word === undefined && words.some((one) => /^-(?:exec|ok)(?:dir)?$/.test(one))) return;
  shellSyntax.add(char);
}

/** Options whose value is a pattern for the program itself, which a shell only gets in the way of. */
const takesPattern = /^-(?:i?name|i?path|i?wholename|i?regex)$|^--(?:ex|in)clude$/;

function noteExpansion({ text, shellSyntax }: Pick<Scan, 'text' | 'shellSyntax'>, at: number): void {
  const expansion = /^(?:\$(?:\w+|[{(?$!#@*-])|`)/.exec(text.slice(at, at + 100));
  if (expansion) shellSyntax.add(expansion[0]);
}

/** `NAME=value program` sets a variable only in a shell. */
function noteAssignment(scan: Scan, program: string): void {
  const name = /^[A-Za-z_]\w*=/.exec(program);
  if (name) scan.shellSyntax.add(name[0]);
}

function refused(index: number, message: string): Split {
  return { ok: false, problem: { index, message } };
}
