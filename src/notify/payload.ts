/** The content of a message: facts for programs, words for people. A webhook gets it as JSON. */
import type { Outcome } from '../run/outcome/outcome.ts';
import { exitCodeOf } from '../run/outcome/outcome.ts';
import { defined } from '../text/defined.ts';
import type { ChannelNews } from './incident.ts';
import type { RunReport } from './report.ts';
import { lastLines, line, type Message } from './text/wording.ts';

export interface Payload {
  /**
   * Subject and body in one, as chat programs show it: Slack's incoming webhooks read only this
   * key.
   */
  readonly text: string;
  readonly subject: string;
  readonly body: string;
  readonly occasion: ChannelNews['is'];
  readonly job: string;
  readonly name: string;
  readonly host: string;
  readonly run: string;
  /** "failed with exit code 3" */
  readonly outcome: string;
  /** The exit code of run-job; absent while the job runs. */
  readonly exit_code?: number;
  /** The end of the run, in a message about each run. */
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
  news: ChannelNews,
  report: RunReport,
  { subject, text }: Message,
  outcome: Outcome | undefined,
): Payload {
  const isOver = news.is !== 'start';
  return {
    text: escapedForSlack(`${subject}\n\n${text}`),
    subject,
    body: text,
    occasion: news.is,
    job: report.slug,
    name: line(report.name),
    host: line(report.host),
    run: line(report.runId),
    outcome: line(report.outcome),
    ...(outcome !== undefined && isOver && { exit_code: exitCodeOf(outcome) }),
    ...(news.is === 'end' && { status: news.status }),
    started: iso(report.startedMs),
    ...(isOver && { ended: iso(report.endedMs) }),
    failures_in_a_row: report.failuresInARow,
    ...defined({ failing_since: isoIfKnown(report.failingSinceMs), last_success: isoIfKnown(report.lastSuccessMs) }),
    paused: report.pause !== undefined,
    ...(report.logPath !== undefined && { log: line(report.logPath) }),
    remarks: report.remarks.map(line),
    tail: lastLines(report.tail).lines.join('\n'),
  };
}

/**
 * `&`, `<` and `>` are Slack's own marks (https://docs.slack.dev/messaging/formatting-message-text):
 * a line of output such as `<!channel>` would notify everyone. The other fields are not escaped.
 */
function escapedForSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function isoIfKnown(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : iso(ms);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
