/**
 * The words of a failmail: what failed, where, since when, its last lines of output, and what to do
 * next.
 */

import { wallTimeWithOffset } from '../../zone/wall-time.ts';
import type { Zone } from '../../zone/zone.ts';
import type { RunReport } from '../report.ts';
import {
  failmailPrefix,
  lastOutput,
  line,
  type Message,
  ordinal,
  printableLines,
  shortened,
  spent,
  title,
} from './wording.ts';

/** Writes times in `timeZone`, with their offset. */
export function failureMessage(report: RunReport, timeZone: Zone): Message {
  const time = (ms: number) => wallTimeWithOffset(ms, timeZone);
  const sections = [
    [`${title(report)} ${line(report.outcome)}`, `on ${line(report.host)}, started ${line(report.trigger)}.`],
    report.description === undefined ? [] : printableLines(shortened(report.description.trim(), 1000)),
    [
      `Started: ${time(report.startedMs)}`,
      `Ended: ${time(report.endedMs)}, after ${spent(report)}`,
      `Failures in a row: ${report.failuresInARow}${since(report, time)}`,
      `Last success: ${report.lastSuccessMs === undefined ? 'none on record' : time(report.lastSuccessMs)}`,
    ],
    report.remarks.map((remark) => `Note: ${line(remark)}`),
    lastOutput(report),
    [
      ...(report.logPath === undefined ? [] : [`Log: ${line(report.logPath)}`]),
      `Look at it: jobctl logs ${report.slug}`,
      `Run it again: run-job --job ${report.slug}`,
      `Run id: ${line(report.runId)}`,
    ],
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  return { subject: subject(report), text: text.join('\n') };
}

function subject(report: RunReport): string {
  const again = report.failuresInARow > 1 ? ` (${ordinal(report.failuresInARow)} time in a row)` : '';
  return `${failmailPrefix}${title(report)} ${shortened(line(report.outcome))}${again} on ${line(report.host)}`;
}

function since({ failuresInARow, failingSinceMs }: RunReport, time: (ms: number) => string): string {
  return failuresInARow > 1 && failingSinceMs !== undefined ? `, since ${time(failingSinceMs)}` : '';
}
