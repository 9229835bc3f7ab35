/**
 * The crontab line of a job as it is and as cron-generate would write it, and the reasons why cron
 * ignores the file.
 */
import type { Config } from '../../config/config.ts';
import { composeCrontab } from '../../crontab/crontab.ts';
import { crontabFrame } from '../../crontab/frame.ts';
import { knownJob } from '../../crontab/jobs.ts';
import { lineOfJob } from '../../crontab/line.ts';
import { nothingPresent } from '../../crontab/present.ts';
import { withoutUsers } from '../../crontab/reader.ts';
import type { Job } from '../../job/job.ts';
import type { Installed } from '../../report/clock/installed.ts';
import type { CrontabEvidence } from '../../report/why/evidence.ts';
import { caller } from '../../system/user/caller.ts';
import { minutesTerm } from '../crontab/generate.ts';

export function crontabEvidence(
  slug: string,
  job: Job | undefined,
  { config, installed }: { readonly config: Config; readonly installed: Installed },
): CrontabEvidence {
  const line = installed.lines.get(slug);
  const wanted = job === undefined ? undefined : wantedLine(job, config);
  const part = line?.part ?? installed.main;
  return {
    ...part,
    command: installed.command,
    ...(line !== undefined && { line: line.text }),
    ...(wanted !== undefined && { wanted: part.kind === 'own' ? withoutUsers(wanted) : wanted }),
  };
}

/** The line that the job has in a crontab of its own. */
function wantedLine(job: Job, config: Config): string | undefined {
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return undefined;
  const known = knownJob(job.slug, job.path, { ok: true, value: job, warnings: [] });
  if (known.is !== 'good') return undefined;
  const order = { ...frame.value, jobs: [known.job], broken: [], present: nothingPresent, dueMinutes: minutesTerm };
  return lineOfJob(composeCrontab(order).text(), job.slug);
}
