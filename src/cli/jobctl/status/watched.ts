/** The jobs that `jobctl status --watch` shows. A job file may come, change or go at any time, and so may a pause. */
import { hostname } from 'node:os';
import type { Config } from '../../../config/config.ts';
import { listedJob } from '../../../report/text/job-row.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZone } from '../../../system/time/zones.ts';
import { printableText } from '../../../text/printable.ts';
import { formatProblem } from '../../../text/problem.ts';
import { timeText } from '../../../zone/wall-time.ts';
import { openJobs } from '../../report/snapshots.ts';
import { timesOf } from '../../report/times.ts';
import { hasTag } from '../frame/jobs.ts';
import type { Options } from '../frame/options.ts';
import { terminalStyle } from '../frame/terminal.ts';
import { detailsText } from './details.ts';
import { type Look, watchJobs } from './watch.ts';

export function watchStatus({ name, tag, viaTag }: Options, config: Config): Promise<number> {
  const formatTime = timeText(hostZone());
  const isNamed = name !== undefined && viaTag === undefined;
  const look = (): Look => {
    const opened = openJobs(config, timesOf(config));
    if (!opened.ok)
      return { problem: formatProblem(opened.problem), slugs: [], job: () => undefined, details: () => [] };
    const { jobs } = opened;
    const named = isNamed ? [name] : jobs.slugs;
    return {
      slugs: tag === undefined ? named : named.filter((slug) => hasTag(jobs, slug, tag)),
      job(slug) {
        const job = jobs.snapshot(slug);
        return job && listedJob(job, formatTime);
      },
      details(slug) {
        const job = jobs.snapshot(slug);
        if (job === undefined) return [`there is no job "${slug}" any more`];
        return printableText(detailsText(job, config)).trimEnd().split('\n');
      },
    };
  };
  return watchJobs({
    look,
    options: () => ({ nowMs: clock.nowMs(), formatTime, host: hostname() }),
    style: terminalStyle(),
    ...(isNamed && { opened: name }),
  });
}
