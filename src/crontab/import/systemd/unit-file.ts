/** Reads the text of a unit file by the rules of systemd.syntax(7). */

export interface Assignment {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The file, and the 1-based line in it. */
  readonly file: string;
  readonly line: number;
}

export interface UnitProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface UnitText {
  readonly file: string;
  readonly text: string;
}

export interface UnitReading {
  readonly assignments: readonly Assignment[];
  readonly problems: readonly UnitProblem[];
}

export function readUnit({ file, text }: UnitText): UnitReading {
  const assignments: Assignment[] = [];
  const problems: UnitProblem[] = [];
  let section: string | undefined;
  for (const { line, written } of logicalLines(text)) {
    const header = /^\[([^\]]*)\]$/.exec(written)?.[1];
    const sign = written.indexOf('=');
    const [key, value] = sign === -1 ? ['', ''] : [written.slice(0, sign).trim(), written.slice(sign + 1).trim()];
    if (header !== undefined) section = header;
    else if (/[\0-\x08\x0b-\x1f\x7f]/.test(written)) {
      problems.push({ file, line, message: 'it has a control character, perhaps the line end of Windows' });
    } else if (key === '' || section === undefined) {
      problems.push({ file, line, message: 'it is neither a comment, nor [SECTION], nor KEY=VALUE in a section' });
    } else assignments.push({ section, key, value, file, line });
  }
  return { assignments, problems };
}

/** Lines without comments; one that ends with a backslash goes on in the next. */
function* logicalLines(text: string): Generator<{ readonly line: number; readonly written: string }> {
  let begun: { readonly line: number; written: string } | undefined;
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const start = raw.replace(/^[ \t]+/, '');
    if (/^[#;]/.test(start)) continue;
    const isOpen = /(?<!\\)(?:\\\\)*\\$/.test(raw);
    const piece = isOpen ? `${raw.slice(0, -1)} ` : raw;
    begun = { line: begun?.line ?? index + 1, written: (begun?.written ?? '') + piece };
    if (isOpen) continue;
    const written = begun.written.trim();
    if (written !== '') yield { line: begun.line, written };
    begun = undefined;
  }
  if (begun !== undefined && begun.written.trim() !== '') yield { line: begun.line, written: begun.written.trim() };
}

/** Keys of which each line adds a value, and an empty one drops those before. */
export function listOf(
  assignments: readonly Assignment[],
  section: string,
  ...keys: readonly string[]
): readonly Assignment[] {
  const own = assignments.filter((one) => one.section === section && keys.includes(one.key));
  return own.slice(own.findLastIndex(({ value }) => value === '') + 1);
}

/** Keys of which the last line holds; an empty value is the default. */
export function lastOf(assignments: readonly Assignment[], section: string, key: string): Assignment | undefined {
  const last = assignments.findLast((one) => one.section === section && one.key === key);
  return last?.value === '' ? undefined : last;
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|yes|y|true|t|on)$/i.test(value);
}
