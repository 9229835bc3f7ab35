/** The events that job-scheduler prints on standard output: one line each, as text or as JSON. */
import { durationWords } from '../../text/duration.ts';
import { printable } from '../../text/printable.ts';

export type SchedulerEvent =
  | { readonly event: 'ready'; readonly pid: number; readonly lines: number }
  | { readonly event: 'metrics'; readonly url: string }
  | { readonly event: 'started'; readonly job: string; readonly pid: number }
  | {
      readonly event: 'ended';
      readonly job: string;
      readonly pid: number;
      readonly exitCode: number;
      readonly ms: number;
    }
  | { readonly event: 'not-started'; readonly job: string; readonly reason: string }
  /** A line that run-job or the job itself has printed. */
  | { readonly event: 'output'; readonly job: string; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly event: 'reloaded'; readonly changes: string }
  | { readonly event: 'clock-moved'; readonly minutes: number }
  | { readonly event: 'stopping'; readonly signal: string; readonly runs: number; readonly drainSeconds: number }
  | { readonly event: 'ending-runs'; readonly runs: number }
  | { readonly event: 'stopped' };

export type LogFormat = 'text' | 'json';

/** One line with its line break. `formatTime` is for people. */
export function eventLine(
  event: SchedulerEvent,
  format: LogFormat,
  { nowMs, formatTime }: { readonly nowMs: number; readonly formatTime: (ms: number) => string },
): string {
  if (format === 'json') return `${JSON.stringify({ time: new Date(nowMs).toISOString(), ...event })}\n`;
  return `${formatTime(nowMs)} ${printable(words(event))}\n`;
}

function words(event: SchedulerEvent): string {
  switch (event.event) {
    case 'ready':
      return `job-scheduler (pid ${event.pid}) starts jobs by the clock: ${counted(event.lines, 'line')}`;
    case 'metrics':
      return `metrics are at ${event.url}`;
    case 'started':
      return `${event.job} started (pid ${event.pid})`;
    case 'ended':
      return `${event.job} ended with exit code ${event.exitCode} after ${durationWords(event.ms / 1000)}`;
    case 'not-started':
      return `${event.job} was not started: ${event.reason}`;
    case 'output':
      return `${event.job} ${event.stream}: ${event.text}`;
    case 'reloaded':
      return `job files have changed; ${event.changes}`;
    case 'clock-moved':
      return `the clock has moved by ${event.minutes} minutes since the last look`;
    case 'stopping':
      return `${event.signal}: nothing is started any more${waiting(event)}`;
    case 'ending-runs':
      return `stopping ${counted(event.runs, 'run')}`;
    case 'stopped':
      return 'job-scheduler has ended';
    default:
      return event satisfies never;
  }
}

function waiting({ runs, drainSeconds }: { readonly runs: number; readonly drainSeconds: number }): string {
  return runs === 0 ? '' : `; waiting up to ${durationWords(drainSeconds)} for ${counted(runs, 'run')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
