/**
 * Compares what a page shows with what a program printed, and ignores what differs from run to run
 * and from machine to machine.
 */

/** Patterns of values that differ from run to run, the specific ones first, and what replaces each. */
const differing: readonly (readonly [RegExp, string])[] = [
  [/\u001b\[[\d;]*m/g, ''],
  // A sentence that is folded goes on below its beginning, and where it is folded follows the widths of values.
  [/[ \t\r]*\n {12,}(?=\S)/g, ' '],
  // The id of a run, by itself and in the name of a log.
  [/\b\d{8}-\d{6}-[0-9a-f]{8}\b/g, 'RUN'],
  [/\b\d{8}-\d{6}(-\d+)?\b/g, 'RUN'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UUID'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (?=\d|[A-Z][a-z]{2} )/g, ''],
  [/\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* {1,2}\d{1,2}\b/g, 'DAY'],
  [/\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*( \d{4})?\b/g, 'DAY'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)/g, 'TIME'],
  [/\b\d{4}-\d\d-\d\d\b/g, 'DAY'],
  [/\b\d{1,2}:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?\b/g, 'TIME'],
  [/\bDAY[T ]TIME\b/g, 'TIME'],
  [/\bpids? \d+(, \d+)*/g, 'pid PID'],
  [/\bprocess ID \d+/g, 'process ID PID'],
  [/\buid \d+/g, 'uid UID'],
  // That of whoever runs the tests.
  [/^(niceness: +)-?\d+$/gm, '$1N'],
  [/\bpid: \d+/g, 'pid: PID'],
  [/"pid": ?\d+/g, '"pid": PID'],
  // Out of the default `port_range`.
  [/\b31\d{3}\b/g, 'PORT'],
  // The header of a command in a log, and mktemp's names.
  [/ \(\d+\)$/gm, ' (PID)'],
  [/\/tmp\/[\w.-]+/g, '/tmp/NAME'],
  [/\b\d+(\.\d+)? ?(ms|s|min|h|d|days)( \d+ ?(s|min|h))?\b/g, 'DURATION'],
  [/\b(DURATION ago|now)\b/g, 'AGO'],
  // The height of a bar is the duration of a run.
  [/[▁-█]/g, '▁'],
  [/\b\d+(\.\d+)?( ?[KMG]i?B?| bytes)\b/g, 'SIZE'],
  [/\b\d+%/g, 'PERCENT'],
  // The width of a column follows its values.
  [/ {2,}/g, '  '],
  [/[ \t\r]+$/gm, ''],
];

export function normalised(text: string): string {
  return differing.reduce((left, [pattern, by]) => left.replaceAll(pattern, by), text).trimEnd();
}

/** True if the lines match; a line `…` in the page matches any number of lines, also none. */
export function alike(expected: readonly string[], printed: string): boolean {
  const actual = normalised(printed).split('\n');
  const parts: string[][] = [[]];
  for (const line of normalised(expected.join('\n')).split('\n')) {
    if (line.trim() === '…') parts.push([]);
    else parts.at(-1)?.push(line);
  }
  const [first = [], ...others] = parts;
  if (!begins(actual, first, 0)) return false;
  if (others.length === 0) return actual.length === first.length;
  const last = others.pop() ?? [];
  let at = first.length;
  for (const part of others) {
    while (at < actual.length && !begins(actual, part, at)) at += 1;
    if (!begins(actual, part, at)) return false;
    at += part.length;
  }
  const rest = actual.length - last.length;
  return rest >= at && begins(actual, last, rest);
}

function begins(lines: readonly string[], part: readonly string[], at: number): boolean {
  return part.every((line, index) => lines[at + index] === line);
}
