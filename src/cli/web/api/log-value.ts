/** A part of a log as JSON: its lines as they are in the file, decoded. */
import type { LogPart } from '../read/run-log.ts';
import type { LogLine, LogValue } from './answers.ts';

/** More of one line is left out; `log.txt` has it. */
const longestLine = 64 * 1024;
/** The lines of one answer together. */
const mostBytes = 8 * 1024 * 1024;

export function logValue({ is: _, lines, ...about }: Extract<LogPart, { is: 'lines' }>): LogValue {
  let left = mostBytes;
  return {
    ...about,
    lines: lines.map(({ at, bytes, number }): LogLine => {
      const shown = bytes.subarray(0, Math.min(longestLine, left));
      left -= shown.length;
      return {
        at,
        ...(number !== undefined && { number }),
        text: shown.toString('utf8'),
        ...(shown.length < bytes.length && { isCut: true as const }),
      };
    }),
  };
}
