/** Loads all jobs for the crontab, those whose files are unchanged from the cache. */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { loadJob } from '../../job/load.ts';
import { validateSchedule } from '../../schedule/cron-validate.ts';
import { type CrontabJobs, jobMemory, knownJob, loadCrontabJobs } from '../../schedule/crontab-jobs.ts';
import { caller } from '../../system/caller.ts';
import { clock } from '../../system/clock.ts';
import { files } from '../../system/files.ts';
import { privateCache } from '../../system/private-cache.ts';
import { version } from './version.ts';

export interface Loaded {
  readonly jobs: CrontabJobs;
  /** Keeps for the next time what was learned. */
  keep(): void;
}

export function loadAllJobs(config: Config): Loaded {
  const directory = cacheDirectory(config);
  const cache = directory === undefined ? undefined : privateCache(directory);
  const memory = jobMemory(cache?.read(cacheName), fingerprintOf(config));
  const checkSchedule = remembering(validateSchedule);
  const machine = { files, checkSchedule };
  const scheduleText = (written: string) => {
    const answer = checkSchedule(written);
    return answer.ok ? answer.expression.text : written;
  };
  const jobs = loadCrontabJobs({
    jobDirectory: config.jobDirectory,
    files,
    nowMs: clock.nowMs(),
    memory,
    read(slug) {
      const result = loadJob(slug, config, machine);
      return result && knownJob(slug, `${config.jobDirectory}/${slug}.yaml`, { result, scheduleText });
    },
  });
  const keep = () => {
    const text = memory.text();
    if (text !== undefined) cache?.write(cacheName, text);
  };
  return { jobs, keep };
}

const cacheName = 'jobs';

/** systemd's CACHE_DIRECTORY wins. Who is neither root nor has a process-control of their own has no place for one. */
function cacheDirectory({ embedded, stateDirectory }: Config): string | undefined {
  if (caller.environment.CACHE_DIRECTORY?.startsWith('/')) return caller.environment.CACHE_DIRECTORY;
  if (caller.euid === 0) return '/var/cache/process-control-generate';
  return embedded ? `${stateDirectory}/cron-generate` : undefined;
}

/** Everything but the job file itself that has a say in what is remembered of it. */
function fingerprintOf({ jobDirectory, jobDefaults, trustedOwnerUids }: Config): string {
  return JSON.stringify([version, process.version, process.versions.tz, jobDirectory, jobDefaults, trustedOwnerUids]);
}

/** Thousands of jobs share some hundreds of schedules. */
function remembering<T>(ask: (text: string) => T): (text: string) => T {
  const answers = new Map<string, T>();
  return (text) => {
    const answer = answers.get(text) ?? ask(text);
    answers.set(text, answer);
    return answer;
  };
}
