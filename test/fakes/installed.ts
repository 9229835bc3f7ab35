/** An installed crontab and a running cron. Each test changes the part that it examines. */
import type { CrontabPart } from '../../src/report/clock/crontab-part.ts';
import {
  type ClockedJob,
  type ClockFacts,
  clockFacts,
  entriesIn,
  type Installed,
} from '../../src/report/clock/installed.ts';

export const cronPart: CrontabPart = {
  path: '/etc/cron.d/process-control',
  kind: 'cron.d',
  facts: { kind: 'file', uid: 0, mode: 0o644, links: 1, mtimeMs: 0 },
  lineCount: 12,
  faults: [],
  endsWithLineBreak: true,
  unknownUsers: [],
};

export const liveCron = { is: 'running', name: 'cron', pid: 812, sinceMs: 0, stopped: false } as const;

/** The evidence for a crontab with this text; a line with `--ensure` counts for services. */
export function installed(text: string, changes: Partial<Installed> = {}): Installed {
  const main = changes.main ?? cronPart;
  const entries = [...entriesIn(text, main.kind === 'own' ? 'user' : 'system')];
  return {
    main,
    lines: new Map(entries.flatMap((one) => (one.is === 'job' ? [[one.slug, { ...one, part: main }]] : []))),
    ...(entries.some(({ is }) => is === 'ensure') && { ensure: main }),
    daemon: liveCron,
    command: 'sudo cron-generate',
    dueMinutes: () => '0,30',
    ...changes,
  };
}

/** The evidence after cron-generate, with a running cron. */
export function inSync(job: Omit<ClockedJob, 'slug'> & { readonly slug: string }): ClockFacts {
  const { schedule, enabled, timing } = job;
  if (schedule === undefined || !enabled)
    return clockFacts(job, installed('* * * * * svc /usr/bin/run-job --ensure\n'));
  const due = timing.timeZone !== undefined && !schedule.startsWith('@');
  const line = due ? '0,30 * * * * svc /usr/bin/run-job --due' : `${schedule} svc /usr/bin/run-job`;
  return clockFacts(job, installed(`${line} --job ${job.slug}\n`));
}
