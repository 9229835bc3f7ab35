/** `jobctl history`: one line for each run, newest last. */
import type { Trigger } from '../run/event.ts';
import { durationWords } from '../run/outcome.ts';
import { printable } from '../yaml/problem.ts';
import type { RunSnapshot } from './snapshot.ts';

export function historyText(runs: readonly RunSnapshot[], formatTime: (ms: number) => string): string {
  return runs.map((run) => `${historyLine(run, formatTime)}\n`).join('');
}

function historyLine(run: RunSnapshot, formatTime: (ms: number) => string): string {
  const parts = [
    run.words,
    run.durationMs === undefined ? undefined : `after ${durationWords(run.durationMs / 1000)}`,
    run.attempt === undefined || run.attempt < 2 ? undefined : `${run.attempt} attempts`,
    triggerWords(run.trigger),
    run.warning,
    run.paused === undefined ? undefined : 'paused the job',
    run.lostBytes === undefined ? undefined : `log incomplete (${run.lostBytes} bytes lost)`,
    run.swept === undefined ? undefined : `${run.swept} left-over processes ended`,
    run.survivors === undefined ? undefined : `could not be killed: ${run.survivors.join('; ')}`,
    run.noticeFailed === undefined ? undefined : `notice failed: ${run.noticeFailed}`,
  ];
  return printable(
    `${formatTime(run.startedMs)}  ${run.run}  ${parts.filter((part) => part !== undefined).join(', ')}`,
  );
}

export function triggerWords(trigger: Trigger | undefined): string | undefined {
  switch (trigger?.by) {
    case undefined:
      return undefined;
    case 'clock':
      return 'by the clock';
    case 'person':
      return `by ${trigger.name}`;
    case 'job':
      return `by run ${trigger.parentRun}`;
    default:
      return trigger satisfies undefined;
  }
}
