/**
 * `jobctl check [DIRECTORY|FILE]`: shows every problem of the job files, and the crontab lines that
 * cron-generate would write. It writes nothing.
 */

import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { throughSudo } from '../../config/sources.ts';
import { type CrontabFrame, type CrontabJob, composeCrontab, type JobLine } from '../../crontab/crontab.ts';
import { crontabFrame } from '../../crontab/frame.ts';
import { nothingPresent } from '../../crontab/present.ts';
import { seated } from '../../fleet/seat.ts';
import { type ClockedJob, clockFacts } from '../../report/clock/installed.ts';
import { type CheckedLine, checkText } from '../../report/text/check.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { files } from '../../system/file/files.ts';
import { caller } from '../../system/user/caller.ts';
import { defined } from '../../text/defined.ts';
import { minutesTerm } from '../crontab/generate.ts';
import { readInstalled } from '../crontab/installed.ts';
import { loadAllJobs } from '../crontab/known-jobs.ts';
import { print } from '../frame/output.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { sudoRefusal, validateFiles } from '../on-demand/validate-files.ts';
import type { Options } from './frame/options.ts';

export function check(options: Options, config: Config): number {
  const named = options.path === undefined ? config.jobDirectory : path.resolve(options.path);
  const refusal = throughSudo(caller) ? linkedRefusal(named, config) : undefined;
  if (refusal !== undefined) return refuse('jobctl', `${named}: ${refusal}`, exitCodes.notPermitted);
  const facts = files.facts(files.resolve(named) ?? named);
  if (facts === undefined) return refuse('jobctl', `there is no file or directory ${named}`);
  if (facts.kind !== 'directory') {
    const told = {
      json: options.json === true,
      named: true,
      ...defined({ config: options.config }),
    };
    const code = validateFiles([named], told);
    if (code === 0 && !options.json) print(`${named} is valid\n`);
    return code;
  }
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return refuseProblems(frame.problems);
  return checkDirectory(named, frame.value, options, config);
}

/** Checks files that an operator is still working on, so their owner is trusted. */
function checkDirectory(directory: string, frame: CrontabFrame, { json }: Options, config: Config): number {
  const trustedOwnerUids = [...config.trustedOwnerUids, caller.uid];
  const elsewhere = directory !== config.jobDirectory;
  const { jobs: loaded } = loadAllJobs(
    elsewhere ? { ...config, jobDirectory: directory, trustedOwnerUids, trust: 'warn' } : config,
    !elsewhere,
  );
  if (loaded.is === 'unlisted') return refuseProblems([loaded.problem]);
  const { jobs, broken } = loaded;
  const crontab = composeCrontab({ ...frame, jobs, broken, present: nothingPresent, dueMinutes: minutesTerm });
  const problems = [...loaded.problems, ...crontab.problems];
  const lines = elsewhere ? crontab.jobs : withClock(crontab.jobs, jobs, config);
  if (json) print(`${JSON.stringify({ directory, jobs: lines, problems })}\n`);
  else print(checkText({ directory, lines, problems }));
  return problems.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** Adds what cron has to what the files ask for. */
function withClock(lines: readonly JobLine[], jobs: readonly CrontabJob[], config: Config): readonly CheckedLine[] {
  const installed = readInstalled(config);
  const bySlug = new Map(jobs.map((job) => [job.slug, job]));
  return lines.map((line) => {
    const job = bySlug.get(line.slug);
    return job === undefined ? line : { ...line, clock: clockFacts(clockedJob(job, config), installed) };
  });
}

function clockedJob(job: CrontabJob, config: Config): ClockedJob {
  const { slug, schedule, enabled, timeZone, service, seat } = seated({ ...job, enabled: !job.disabled }, config.fleet);
  const timing = timeZone === undefined ? {} : { timeZone };
  return { slug, timing, enabled, ...defined({ schedule, seat }), ...(service && { service }) };
}

/** Through sudo, a link in the job directory must not lead out of it. */
function linkedRefusal(named: string, { jobDirectory }: Config): string | undefined {
  const resolved = (path: string) => files.resolve(path) ?? path;
  return sudoRefusal(named, jobDirectory) ?? sudoRefusal(resolved(named), resolved(jobDirectory));
}
