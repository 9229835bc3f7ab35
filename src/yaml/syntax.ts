/**
 * Words the errors of the YAML library for people who don't know YAML's grammar, one problem for
 * each error.
 */
import { type Document, Scalar, visit, type YAMLError } from 'yaml';
import { foreignText } from './foreign.ts';
import { lineAt } from './place.ts';
import type { TextProblem } from './value.ts';

/**
 * A problem and whether it is `derailing`: then later errors are ignored, because the library has
 * lost its place.
 */
interface Sentence {
  readonly offset: number;
  readonly message: string;
  readonly derailing: boolean;
}

/** The most problems that are reported at once. */
const mostProblems = 20;

/**
 * Returns everything that keeps a text from being one YAML 1.2 document of ours, in the order of
 * the text, one problem a line.
 */
export function syntaxProblems(text: string, document: Document): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  if (document.directives?.yaml.explicit && document.directives.yaml.version === '1.1') {
    problems.push({
      severity: 'error',
      offset: 0,
      message: 'this file says %YAML 1.1 but is read as YAML 1.2; remove that line',
    });
  }
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  let lineEnd = -1;
  for (const error of errors) {
    if (error.pos[0] <= lineEnd) continue;
    const { offset, message, derailing } = sentence(text, document, error);
    problems.push({ severity: 'error', offset, message });
    if (derailing || problems.length === mostProblems) break;
    lineEnd = text.indexOf('\n', error.pos[0]);
    if (lineEnd === -1) break;
  }
  return problems;
}

function sentence(text: string, document: Document, error: YAMLError): Sentence {
  const offset = Math.min(error.pos[0], text.length);
  const foreign = foreignText(text, offset);
  if (foreign !== undefined) return derailing(foreign.offset, foreign.message);
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return derailing(offset, 'indent with spaces; YAML does not allow tabs here');
    case 'MULTIPLE_DOCS':
      return derailing(offset, 'a file holds one document; remove this separator and what follows it');
    case 'TAG_RESOLVE_FAILED':
      return local(offset, `tags such as ${text.slice(offset, error.pos[1])} are not used here; remove it`);
    case 'BAD_DIRECTIVE':
      return local(offset, 'lines that start with % are not used here; remove it');
    case 'NON_STRING_KEY':
      return local(offset, 'a key must be plain text');
    case 'RESOURCE_EXHAUSTION':
      return derailing(offset, 'the file is nested too deeply');
    case 'BAD_DQ_ESCAPE':
      return local(offset, 'in double quotes a backslash must be doubled: \\\\ (or use single quotes)');
    default:
      return unquoted(text, offset) ?? unclosed(document, error) ?? misplaced(text, offset, error);
  }
}

/** Recognises `key: value` or `- value` whose value should be in quotes. */
function unquoted(text: string, offset: number): Sentence | undefined {
  const line = lineAt(text, offset);
  const parts = /^(\s*(?:- +)*(?:([\w-]+):\s+)?)(\S.*)$/.exec(line.text);
  if (!parts) return undefined;
  const [, before = '', key, value = ''] = parts;
  const start = line.start + before.length;
  if (/^[*@%`,]/.test(value)) {
    const what = key === undefined ? 'value' : key;
    return local(start, `quote the ${what}: ${quoted(value)} (YAML gives a leading ${value[0]} another meaning)`);
  }
  if (/^"[^"]*"\s*[^\s#]/.test(value) || /^'[^']*'\s*[^\s#]/.test(value)) {
    return local(start, 'there is more text after the closing quote; put quotes around the whole value');
  }
  if (/^(?:[[{].*[\]}]\s*[^\s#,\]}]|- |\? |[|>](?![-+\d]*\s*(?:#.*)?$))/.test(value)) {
    return local(
      start,
      `quote the ${key ?? 'value'}: ${quoted(value)} (YAML gives a leading ${value[0]} another meaning)`,
    );
  }
  if (key !== undefined && /: |:$/.test(value) && !/^["'[{|>]/.test(value)) {
    return local(start, `quote the ${key}, since it has a colon in it: ${quoted(value)}`);
  }
  return undefined;
}

/** Returns the value in the quotes that need no escape. */
function quoted(value: string): string {
  const text = shorten(
    value
      .slice(0, 100)
      .replace(/\s#.*$/, '')
      .trim(),
  );
  return text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text}"`;
}

function unclosed(document: Document, error: YAMLError): Sentence | undefined {
  if (/^Missing closing/.test(error.message)) {
    return derailing(openQuote(document, error.pos[0]), 'this quote is never closed');
  }
  return /must end with a|end with a [\]}]/.test(error.message)
    ? derailing(error.pos[0], 'a [ or { before this place is never closed')
    : undefined;
}

/**
 * Returns the opening quote: the library reports the place where it gave up looking for the end.
 */
function openQuote(document: Document, end: number): number {
  let opening = end;
  visit(document, {
    Scalar: (_key, { type, range }) => {
      const quoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
      if (range && quoted && range[0] <= end) opening = range[0];
    },
  });
  return opening;
}

/**
 * Recognises `command:/bin/x`, on this line or the one above: without a blank after the colon it is
 * no key.
 */
function unspaced(text: string, offset: number): Sentence | undefined {
  const line = lineAt(text, offset);
  const above = line.start === 0 ? line : lineAt(text, line.start - 1);
  for (const { start, text: written } of [line, above]) {
    const [, before = '', key = '', value = ''] = /^(\s*)([a-z_]+):([^\s:].*)$/i.exec(written) ?? [];
    if (key !== '')
      return derailing(start + before.length, `a blank is missing after the colon: "${shorten(`${key}: ${value}`)}"`);
  }
  return undefined;
}

function misplaced(text: string, offset: number, error: YAMLError): Sentence {
  const line = lineAt(text, offset);
  const missing = unspaced(text, offset);
  if (missing !== undefined) return missing;
  switch (error.code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      if (!line.text.includes(':')) return noColon(line.text, offset);
      return derailing(offset, 'the line after this one is indented as if it belonged to it; check the indentation');
    case 'BAD_INDENT':
      return derailing(offset, 'this line is not in line with those above it; check the indentation');
    case 'MISSING_CHAR':
      return noColon(line.text, offset);
    default:
      return derailing(offset, `this is not valid YAML: ${error.message}`);
  }
}

function noColon(line: string, offset: number): Sentence {
  return derailing(offset, `expected "key: value", found ${JSON.stringify(shorten(line.trim()))}`);
}

/** Shortens a text so that it fits into a message. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function local(offset: number, message: string): Sentence {
  return { offset, message, derailing: false };
}

function derailing(offset: number, message: string): Sentence {
  return { offset, message, derailing: true };
}
