/**
 * Turns a page of the documentation into steps that can be carried out: its fenced blocks, in order.
 * The block itself says nearly everything; an HTML comment on the lines before it says the rest
 * (CONTRIBUTING.md, "Documentation").
 */

export type SceneName = 'installed' | 'checkout';

/** Line of the page, one-based, for messages. */
interface Place {
  readonly line: number;
}

export type Step = Place &
  (
    | { readonly is: 'scene'; readonly scene: SceneName }
    /** Commands with their outputs. `until: cron`: cron runs, and each is repeated until it matches. */
    | {
        readonly is: 'session';
        readonly commands: readonly Shown[];
        readonly until: 'cron' | undefined;
        /** Width of the terminal; 200 unless the page says otherwise. */
        readonly columns: string | undefined;
      }
    /** Commands that must succeed. */
    | { readonly is: 'script'; readonly commands: readonly string[] }
    | { readonly is: 'file'; readonly path: string; readonly text: string }
    /** Part of a file: it must be valid when the required keys are added. */
    | { readonly is: 'part'; readonly of: 'job' | 'configuration'; readonly text: string }
    | { readonly is: 'not-run'; readonly reason: string }
    /** A block that can't be carried out, and how to fix it. */
    | { readonly is: 'mistake'; readonly message: string }
  );

export interface Shown extends Place {
  readonly command: string;
  readonly output: readonly string[];
}

/** `read` gives the text of a file of the repository, for `elsewhere:`. */
export function stepsOf(page: string, read: (file: string) => string): readonly Step[] {
  const steps: Step[] = [];
  const lines = page.split('\n');
  let said: Saying[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = /^(\s*)(`{3,})\s*(\S*)/.exec(line);
    const comment = /^\s*<!-- (scene|file|until|columns|part of|elsewhere|not run)(?:: (.*?))? -->$/.exec(line);
    if (fence !== null) {
      const [, indent = '', marks = '', language = ''] = fence;
      const text: string[] = [];
      const opened = at + 1;
      for (at += 1; at < lines.length && (lines[at] ?? '').trim() !== marks; at += 1) {
        text.push((lines[at] ?? '').slice(indent.length));
      }
      steps.push(stepOf({ language, text, line: opened, said }, read));
      said = [];
    } else if (comment !== null) {
      const [, word = '', value = ''] = comment;
      if (word === 'scene') steps.push(sceneOf(value, at + 1));
      else said.push({ word, value });
    } else if (line.trim() !== '') {
      if (said.length > 0)
        steps.push({ is: 'mistake', line: at, message: 'a comment for a block, but no block follows' });
      said = [];
      if (/^ {4}\S/.test(line) && lines[at - 1] === '' && !insideList(lines, at)) {
        steps.push({
          is: 'mistake',
          line: at + 1,
          message: 'a block by indentation: write it between fences, with its language',
        });
      }
    }
  }
  return steps;
}

interface Saying {
  readonly word: string;
  readonly value: string;
}

interface Block extends Place {
  readonly language: string;
  readonly text: readonly string[];
  readonly said: readonly Saying[];
}

function sceneOf(value: string, line: number): Step {
  if (value === 'installed' || value === 'checkout') return { is: 'scene', line, scene: value };
  return { is: 'mistake', line, message: `there is no scene "${value}": installed or checkout` };
}

function stepOf(block: Block, read: (file: string) => string): Step {
  const { language, text, line, said } = block;
  const value = (word: string) => said.find((saying) => saying.word === word)?.value;
  const reason = value('not run');
  if (reason !== undefined) {
    return reason === ''
      ? { is: 'mistake', line, message: 'say why: <!-- not run: REASON -->' }
      : { is: 'not-run', line, reason };
  }
  const file = value('file');
  if (file !== undefined) return { is: 'file', line, path: file, text: `${text.join('\n')}\n` };
  if (language === 'console')
    return {
      is: 'session',
      line,
      commands: shownIn(text, line),
      until: value('until') === 'cron' ? 'cron' : undefined,
      columns: value('columns'),
    };
  if (language === 'sh') return scriptOf(block, value('elsewhere'), read);
  const of = value('part of');
  if (of === 'job' || of === 'configuration') return { is: 'part', line, of, text: `${text.join('\n')}\n` };
  if ((language === 'text' || language === 'mermaid') && !text.some((each) => each.startsWith('$ '))) {
    return { is: 'not-run', line, reason: 'a picture' };
  }
  return {
    is: 'mistake',
    line,
    message:
      `a block of unknown kind (${language || 'no language'}): write console for a session, sh for commands, text for a picture; ` +
      'before any other <!-- file: /path -->, <!-- part of: job -->, <!-- part of: configuration --> or <!-- not run: REASON -->',
  };
}

/** Commands and outputs: `$ ` begins a command, `> ` continues it, other lines are output. */
function shownIn(text: readonly string[], line: number): readonly Shown[] {
  const shown: { command: string; output: string[]; line: number }[] = [];
  for (const [index, each] of text.entries()) {
    const last = shown.at(-1);
    if (each.startsWith('$ ')) shown.push({ command: each.slice(2), output: [], line: line + 1 + index });
    else if (last !== undefined && each.startsWith('> ') && last.output.length === 0)
      last.command += `\n${each.slice(2)}`;
    else if (last !== undefined) last.output.push(each);
    else shown.push({ command: 'false', output: ['a session begins with "$ "'], line: line + 1 + index });
  }
  // Blank lines between two commands are not output.
  for (const { output } of shown) while (output.at(-1)?.trim() === '') output.pop();
  return shown;
}

/** Commands of a block. `elsewhere: FILE` leaves out the commands that FILE has word for word. */
function scriptOf({ text, line }: Block, elsewhere: string | undefined, read: (file: string) => string): Step {
  const known = elsewhere === undefined ? '' : read(elsewhere);
  const commands = joined(text)
    .map((command) => command.replace(/\s+#.*$/, ''))
    .filter((command) => command !== '' && !command.startsWith('#'))
    .map((command) =>
      elsewhere === undefined
        ? command
        : command
            .split(' && ')
            .filter((part) => !known.includes(part))
            .join(' && '),
    )
    .filter((command) => command !== '');
  if (commands.length === 0 && elsewhere !== undefined)
    return { is: 'not-run', line, reason: `carried out by ${elsewhere}` };
  return { is: 'script', line, commands };
}

/** Joins lines that end in a backslash with the next one, and here-documents to one command. */
function joined(text: readonly string[]): readonly string[] {
  const commands: string[] = [];
  let end: string | undefined;
  let open = false;
  for (const line of text) {
    if (open) commands.push(`${commands.pop()}\n${line}`);
    else commands.push(line);
    if (end === undefined) end = /<<-?'?(\w+)'?/.exec(line)?.[1];
    else if (line.trim() === end) end = undefined;
    open = end !== undefined || line.endsWith('\\');
  }
  return commands;
}

function insideList(lines: readonly string[], at: number): boolean {
  const before = lines.slice(0, at).findLast((line) => line.trim() !== '' && !/^ {4}/.test(line)) ?? '';
  return /^\s*([-*]|\d+\.) /.test(before) || /^\s+\S/.test(before);
}
