/** Reads the last lines of output from a log that another process has written. */
import path from 'node:path';
import { readEnd } from '../file/careful-file.ts';
import { unstamped, withoutStamp } from './stamps.ts';

const limitBytes = 4096;

/**
 * The last output, at most about 4 KiB, without stamps and run-job's own lines; empty when there is
 * no log. Only folder and name of the path count.
 */
export function endOfLog(outputDirectory: string, logPath: string): string {
  const end = readEndOfLog(outputDirectory, logPath);
  return 'text' in end ? end.text : '';
}

/** The same text, or the error code when the log can't be read. */
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

/** The lines without the header and end of each command and without run-job's notes. */
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
