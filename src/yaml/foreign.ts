/**
 * Recognises text of other programs in a YAML file: a template that was not filled in, and a
 * systemd unit.
 */
import { lineAt } from './place.ts';

const template = /^(\s*(?:- +)*(?:[\w-]+:\s+)?)\{[{%#]/;
const unitSection = /^\s*\[(?:Unit|Service|Timer|Install|Socket|Path|Mount)\]\s*$/;

export interface ForeignText {
  readonly offset: number;
  readonly message: string;
}

/** Recognises the line at `offset`, which YAML can't read. */
export function foreignText(text: string, offset: number): ForeignText | undefined {
  const line = lineAt(text, offset);
  const [, before] = template.exec(line.text) ?? [];
  if (before !== undefined) {
    const message =
      'this is a template that was not filled in: render it first; where the braces are meant, put the whole value in quotes';
    return { offset: line.start + before.length, message };
  }
  const above = line.start === 0 ? line : lineAt(text, line.start - 1);
  const section = [above, line].find((one) => unitSection.test(one.text));
  if (section === undefined) return undefined;
  return { offset: section.start, message: `"${section.text.trim()}" is ${unitWords}` };
}

/** Returns words for a text that begins like a systemd unit; else `undefined`. */
export function unitNote(text: string): string | undefined {
  const first = text.split('\n').find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line));
  return first !== undefined && unitSection.test(first) ? unitWords : undefined;
}

const unitWords =
  'a section of a systemd unit; a job file has the command of ExecStart= as "command: …" and the time of OnCalendar= as "schedule: …"';
