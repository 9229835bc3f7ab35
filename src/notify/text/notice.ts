/** Words a notice so that its subject says all that a locked phone shows, and its text what to do next. */

import { wallTimeWithOffset } from '../../zone/wall-time.ts';
import type { Zone } from '../../zone/zone.ts';
import type { Telling } from '../incident.ts';
import { incidentWords } from '../incident.ts';
import type { RunReport } from '../report.ts';
import type { Message } from './failmail.ts';
import { lastOutput, line, ordinal, printableLines, shortened, spent, title } from './wording.ts';

/** Pings have no subject, but their log has the text. */
export function noticeMessage(telling: Telling, report: RunReport, timeZone: Zone): Message {
  const time = (ms: number) => wallTimeWithOffset(ms, timeZone);
  const what = sentence(telling, report);
  const sections = [
    [`${title(report)} ${what}`, `on ${line(report.host)}${startedWords(report)}.`],
    report.description === undefined ? [] : printableLines(shortened(report.description.trim(), 1000)),
    times(telling, report, time),
    report.remarks.map((remark) => `Note: ${line(remark)}`),
    telling.is === 'start' ? [] : lastOutput(report),
    commands(report),
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  return {
    subject: `${heading(telling)}: ${title(report)} ${sentence(telling, report, 100)} on ${line(report.host)}`,
    text: text.join('\n'),
  };
}

/** The word that a phone shows first. */
function heading(telling: Telling): string {
  switch (telling.is) {
    case 'failure':
      return telling.pauses ? 'PAUSED' : 'FAILED';
    case 'recovery':
      return 'RECOVERED';
    case 'warning':
      return 'WARNING';
    case 'skipped':
      return 'SKIPPED';
    case 'success':
      return 'OK';
    case 'start':
      return 'STARTED';
    case 'end':
      return telling.status === 'success' ? 'OK' : 'FAILED';
    default:
      return telling satisfies never;
  }
}

/** Follows the job's name. What others have worded is cut after `limit` characters. */
function sentence(telling: Telling, report: RunReport, limit = Number.POSITIVE_INFINITY): string {
  const outcome = shortened(line(report.outcome), limit);
  const again = report.failuresInARow > 1 ? ` (${ordinal(report.failuresInARow)} time in a row)` : '';
  switch (telling.is) {
    case 'failure':
      return `${outcome}${again}${telling.pauses ? ' and is paused now' : ''}`;
    case 'recovery':
      return `${outcome} again, after ${incidentWords(telling, report.endedMs)}`;
    case 'warning':
      return shortened(line(telling.words), limit);
    case 'start':
      return 'has started';
    case 'end':
      return `${outcome}${telling.status === 'failure' ? again : ''}`;
    case 'skipped':
    case 'success':
      return outcome;
    default:
      return telling satisfies never;
  }
}

function startedWords({ trigger }: RunReport): string {
  return trigger === '' ? '' : `, started ${line(trigger)}`;
}

function times(telling: Telling, report: RunReport, time: (ms: number) => string): readonly string[] {
  const { failuresInARow, failingSinceMs, lastSuccessMs } = report;
  const since = failuresInARow > 1 && failingSinceMs !== undefined ? `, since ${time(failingSinceMs)}` : '';
  return [
    `Started: ${time(report.startedMs)}`,
    ...(telling.is === 'start' ? [] : [`Ended: ${time(report.endedMs)}, after ${spent(report)}`]),
    ...(telling.is === 'recovery' ? [`Failing since: ${time(telling.sinceMs)}, ${howOften(telling.failures)}`] : []),
    ...(failuresInARow > 0 ? [`Failures in a row: ${failuresInARow}${since}`] : []),
    ...(failuresInARow > 0
      ? [`Last success: ${lastSuccessMs === undefined ? 'none on record' : time(lastSuccessMs)}`]
      : []),
  ];
}

function howOften(count: number): string {
  return count === 1 ? 'once' : `${count} times in a row`;
}

function commands({ slug, logPath, runId, pause }: RunReport): readonly string[] {
  return [
    ...(logPath === undefined ? [] : [`Log: ${line(logPath)}`]),
    `Look at it: jobctl logs ${slug}`,
    `Run it again: run-job --job ${slug}`,
    pause === undefined ? `Pause it: jobctl pause ${slug} --for 2h` : `Resume it: jobctl resume ${slug}`,
    `Run id: ${line(runId)}`,
  ];
}
