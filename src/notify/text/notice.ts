/**
 * The words of a notice. Its subject holds all that a locked phone shows, its text says what to do
 * next.
 */

import { wallTimeWithOffset } from '../../zone/wall-time.ts';
import type { Zone } from '../../zone/zone.ts';
import { type ChannelNews, incidentWords } from '../incident.ts';
import type { RunReport } from '../report.ts';
import { lastOutput, line, type Message, ordinal, printableLines, shortened, spent, title } from './wording.ts';

export function noticeMessage(news: ChannelNews, report: RunReport, timeZone: Zone): Message {
  const time = (ms: number) => wallTimeWithOffset(ms, timeZone);
  const sections = [
    [`${title(report)} ${sentence(news, report)}`, `on ${line(report.host)}${startedWords(report)}.`],
    report.description === undefined ? [] : printableLines(shortened(report.description.trim(), 1000)),
    times(news, report, time),
    report.remarks.map((remark) => `Note: ${line(remark)}`),
    news.is === 'start' ? [] : lastOutput(report),
    commands(report),
  ];
  const text = sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  return {
    subject: `${heading(news)}: ${title(report)} ${sentence(news, report, 100)} on ${line(report.host)}`,
    text: text.join('\n'),
  };
}

/** The word that a phone shows first. */
function heading(news: ChannelNews): string {
  switch (news.is) {
    case 'failure':
      return news.pauses ? 'PAUSED' : 'FAILED';
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
      return news.status === 'success' ? 'OK' : 'FAILED';
    default:
      return news satisfies never;
  }
}

/**
 * The sentence after the job's name. Words that come from outside are cut after `limit` characters.
 */
function sentence(news: ChannelNews, report: RunReport, limit = Number.POSITIVE_INFINITY): string {
  const outcome = shortened(line(report.outcome), limit);
  const again = report.failuresInARow > 1 ? ` (${ordinal(report.failuresInARow)} time in a row)` : '';
  switch (news.is) {
    case 'failure':
      return `${outcome}${again}${news.pauses ? ' and is paused now' : ''}`;
    case 'recovery':
      return `${outcome} again, after ${incidentWords(news, report.endedMs)}`;
    case 'warning':
      return shortened(line(news.words), limit);
    case 'start':
      return 'has started';
    case 'end':
      return `${outcome}${news.status === 'failure' ? again : ''}`;
    case 'skipped':
    case 'success':
      return outcome;
    default:
      return news satisfies never;
  }
}

function startedWords({ trigger }: RunReport): string {
  return trigger === '' ? '' : `, started ${line(trigger)}`;
}

function times(news: ChannelNews, report: RunReport, time: (ms: number) => string): readonly string[] {
  const { failuresInARow, failingSinceMs, lastSuccessMs } = report;
  const since = failuresInARow > 1 && failingSinceMs !== undefined ? `, since ${time(failingSinceMs)}` : '';
  return [
    `Started: ${time(report.startedMs)}`,
    ...(news.is === 'start' ? [] : [`Ended: ${time(report.endedMs)}, after ${spent(report)}`]),
    ...(news.is === 'recovery' ? [`Failing since: ${time(news.sinceMs)}, ${howOften(news.failures)}`] : []),
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
