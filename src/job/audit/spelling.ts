/** Warns of commands that YAML reads differently from what their author sees. */
import type { Path } from '../../yaml/place.ts';
import type { Spelling } from '../../yaml/spelling.ts';
import { shorten } from '../../yaml/syntax.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { type ValueProblem, warningAt } from '../value-problem.ts';

export type SpellingOf = (path: Path) => Spelling | undefined;

export function auditSpelling(file: WrittenJob, spelling: SpellingOf): readonly ValueProblem[] {
  return (['command', 'slow_start_command'] as const).flatMap((key) =>
    pathsOf(key, file[key]).flatMap((path) => {
      const spelled = spelling(path);
      const messages =
        spelled === undefined ? [] : [deeperLines(spelled) ?? foldedBackslash(spelled), comment(spelled)];
      return messages.flatMap((message) => (message === undefined ? [] : [warningAt(path, message)]));
    }),
  );
}

function pathsOf(key: string, value: string | readonly string[] | undefined): readonly Path[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [[key]] : value.map((_item, position) => [key, position]);
}

/**
 * Recognises lines below `>` that are indented deeper than the first: YAML keeps the line ends
 * around them.
 */
function deeperLines({ style, text }: Spelling): string | undefined {
  if (style !== 'folded') return undefined;
  const [first = '', ...others] = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '');
  const indent = /^ */.exec(first)?.[0] ?? '';
  if (!others.some((line) => line.startsWith(`${indent} `))) return undefined;
  return 'YAML does not join lines below ">" that are indented deeper: indent all of them alike, without backslashes at their ends';
}

/**
 * Recognises a backslash at the end of a folded line: YAML turns the line end into a blank, and the
 * backslash makes that blank a part of the next word.
 */
function foldedBackslash({ style, text }: Spelling): string | undefined {
  const [, next = ''] = /\\[ \t]*\r?\n\s*(\S+)/.exec(text) ?? [];
  if (next === '' || style === 'double-quoted') return undefined;
  if (style === 'literal')
    return 'a "\\" at the end of a line joins lines only in a shell: write ">" instead of "|", and no backslashes';
  return `the "\\" at the end of a line makes the next word begin with a blank, " ${shorten(next)}": YAML joins the lines itself, so leave the backslashes out`;
}

/**
 * Recognises a `#` before a letter or in the middle of quotes, which is probably meant as a part of
 * the command.
 */
function comment({ style, text, comment }: Spelling): string | undefined {
  if (style !== 'plain' || comment === '') return undefined;
  const cutsQuotes = hasOpenQuote(text);
  if (!cutsQuotes && !/^#[^\s#!-]/.test(comment)) return undefined;
  const remedy = cutsQuotes ? '' : '; if it is a comment, put a blank after the #';
  return `YAML takes "${shorten(comment)}" as a comment, so the command ends before it: put the whole command in quotes${remedy}`;
}

function hasOpenQuote(text: string): boolean {
  return /["']/.test(text.replace(/\\.|'[^']*'|"(?:\\.|[^"\\])*"/g, ''));
}
