/** The last lines of output in a log that another process has written. */
import path from 'node:path';
import { readEnd } from '../file/careful-file.ts';
import { unstamped, withoutStamp } from './stamps.ts';

const limitBytes = 4096;

/** At most about 4 KiB, without the stamps and what run-job adds; empty where there is no such log. Of the path only folder and name count. */
export function endOfLog(outputDirectory: string, logPath: string): string {
  const end = readEndOfLog(outputDirectory, logPath);
  return 'text' in end ? end.text : '';
}

/** The same, or the error code that says why it can't be read. */
export function readEndOfLog(
  outputDirectory: string,
  logPath: string,
): { readonly text: string } | { readonly code: string } {
  const relative = `${path.basename(path.dirname(logPath))}/${path.basename(logPath)}`;
  try {
    const { bytes, from } = readEnd(outputDirectory, relative, limitBytes);
    const text = bytes.toString('utf8');
    const whole = from === 0 ? text : text.slice(text.indexOf('\n') + 1);
    return { text: outputOf(whole.split('\n')).join('\n') };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? '' };
  }
}

/** Without the header of each command, its end, and run-job's notes. */
function outputOf(lines: readonly string[]): readonly string[] {
  const texts = lines.map(withoutStamp);
  const isHeader = (at: number) =>
    texts[at] === '===========' && texts[at + 2] === '-----------' && / \(\d+\)$/.test(texts[at + 1] ?? '');
  const printed = lines.filter((line, at) => {
    if (isNote(line) || texts[at] === '----------- end command output') return false;
    return ![at, at - 1, at - 2].some(isHeader);
  });
  return unstamped(printed);
}

function isNote(line: string): boolean {
  return line.startsWith('NOTE\t', 24);
}
