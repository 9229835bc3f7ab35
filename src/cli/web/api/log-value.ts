/** A part of a log as JSON: its lines as they are in the file, decoded. */
import type { Place } from '../read/line-search.ts';
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
    lines: lines.map((line): LogLine => {
      const shownBytes = Math.min(longestLine, left, line.bytes.length);
      left -= shownBytes;
      return lineValue(line, shownBytes);
    }),
  };
}

export function lineValue({ at, bytes, number }: Place, shownBytes = longestLine): LogLine {
  return {
    at,
    ...(number !== undefined && { number }),
    text: bytes.toString('utf8', 0, shownBytes),
    ...(shownBytes < bytes.length && { isCut: true as const }),
  };
}
