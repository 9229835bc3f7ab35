/** What is said over a channel: the facts for programs, and the words for people. The JSON of a webhook is this value. */
import type { Outcome } from '../run/outcome/outcome.ts';
import { exitCodeOf } from '../run/outcome/outcome.ts';
import type { Zone } from '../zone/zone.ts';
import type { Telling } from './incident.ts';
import type { RunReport } from './report.ts';
import { noticeMessage } from './text/notice.ts';
import { lastLines, line } from './text/wording.ts';

export interface Payload {
  /** Subject and body in one, as chat programs show it (Slack's incoming webhooks want just this key). */
  readonly text: string;
  readonly subject: string;
  readonly body: string;
  readonly occasion: Telling['is'];
  readonly job: string;
  readonly name: string;
  readonly host: string;
  readonly run: string;
  /** "failed with exit code 3" */
  readonly outcome: string;
  /** Of run-job; absent while the job runs. */
  readonly exit_code?: number;
  /** How a run has ended, when this is told of each run. */
  readonly status?: 'success' | 'failure';
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly ended?: string;
  readonly failures_in_a_row: number;
  readonly failing_since?: string;
  readonly last_success?: string;
  readonly paused: boolean;
  readonly log?: string;
  readonly remarks: readonly string[];
  /** The last lines of output. */
  readonly tail: string;
}

export function payloadOf(
  telling: Telling,
  report: RunReport,
  { outcome, timeZone }: { readonly outcome?: Outcome; readonly timeZone: Zone },
): Payload {
  const { subject, text } = noticeMessage(telling, report, timeZone);
  const isOver = telling.is !== 'start';
  return {
    text: escapedForSlack(`${subject}\n\n${text}`),
    subject,
    body: text,
    occasion: telling.is,
    job: report.slug,
    name: line(report.name),
    host: line(report.host),
    run: line(report.runId),
    outcome: line(report.outcome),
    ...(outcome !== undefined && isOver && { exit_code: exitCodeOf(outcome) }),
    ...(telling.is === 'end' && { status: telling.status }),
    started: iso(report.startedMs),
    ...(isOver && { ended: iso(report.endedMs) }),
    failures_in_a_row: report.failuresInARow,
    ...(report.failingSinceMs !== undefined && { failing_since: iso(report.failingSinceMs) }),
    ...(report.lastSuccessMs !== undefined && { last_success: iso(report.lastSuccessMs) }),
    paused: report.pause !== undefined,
    ...(report.logPath !== undefined && { log: line(report.logPath) }),
    remarks: report.remarks.map(line),
    tail: lastLines(report.tail).lines.join('\n'),
  };
}

/**
 * `&`, `<` and `>` are Slack's own marks (https://docs.slack.dev/messaging/formatting-message-text): a line of output such as `<!channel>`
 * would call everybody. The other fields have the words without that.
 */
function escapedForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
