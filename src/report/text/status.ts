/**
 * `run-job --list-jobs` and `--status`: the lines that people and scripts know from the predecessor
 * (kept).
 */
import { onWords } from '../../fleet/seat.ts';
import { pauseWords } from '../../run/pause/pause.ts';
import { printable } from '../../text/printable.ts';
import type { ServiceSnapshot } from '../service-snapshot.ts';
import type { BrokenJobSnapshot, JobSnapshot } from '../snapshot.ts';
import { serviceNote } from './service.ts';

/**
 * `blast - Blastoff job<tab>{pid: 5647, status: running}`, then one line each for description, tags
 * and last status (kept); our own lines follow.
 */
export function statusText(job: JobSnapshot, formatTime: (ms: number) => string): string {
  const running = runningWords(job);
  const lines = [
    `${job.slug} - ${printable(job.name)}${running === undefined ? '' : `\t${running}`}`,
    ...(job.description === undefined ? [] : [printable(job.description.trim().replaceAll('\n', ' '))]),
    ...(job.tags.length === 0 ? [] : [`tags: ${job.tags.map(printable).join(', ')}`]),
    `last status: ${job.lastStatus}`,
    ...(job.service === undefined ? [] : [printable(serviceLine(job.slug, job.service))]),
    ...(job.disabled ? ['disabled'] : []),
    ...(job.seat === undefined || job.seat.isHere ? [] : [onWords(job.seat)]),
    ...(job.paused === undefined ? [] : [printable(pauseWords(job.paused, formatTime))]),
  ];
  return `${lines.join('\n\t')}\n`;
}

function serviceLine(slug: string, service: ServiceSnapshot): string {
  const note = serviceNote(slug, service);
  return `service: ${service.state}${note === '' ? '' : `, ${note}`}`;
}

export function brokenStatusText(job: BrokenJobSnapshot): string {
  const running = runningWords(job);
  const what = job.file === 'gone' ? '***File removed***' : '***Invalid configuration***';
  const lines = [
    `${job.slug} ${what}${running === undefined ? '' : `\t${running}`}`,
    ...(job.service === undefined ? [] : [printable(serviceLine(job.slug, job.service))]),
  ];
  return `${lines.join('\n\t')}\n`;
}

/** PyYAML's flow style, as the predecessor printed it. */
function runningWords({ activity }: Pick<JobSnapshot, 'activity'>): string | undefined {
  switch (activity.is) {
    case 'running':
      return activity.pid === undefined ? '{status: running}' : `{pid: ${activity.pid}, status: running}`;
    case 'orphaned':
      return `{pid: ${activity.pids[0] ?? 'unknown'}, status: orphaned}`;
    case 'idle':
      return undefined;
    default:
      return activity satisfies never;
  }
}
