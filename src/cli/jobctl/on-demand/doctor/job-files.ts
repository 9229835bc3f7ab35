/** Checks the job files as `jobctl check` does, and whether what they start works. */
import type { Config } from '../../../../config/config.ts';
import type { CrontabSync } from '../../../../crontab/comparison.ts';
import { type CrontabJob, composeCrontab } from '../../../../crontab/crontab.ts';
import { crontabFrame } from '../../../../crontab/frame.ts';
import { nothingPresent } from '../../../../crontab/present.ts';
import { seated } from '../../../../fleet/seat.ts';
import { advise, looking } from '../../../../report/advice.ts';
import { type ClockedJob, clockFacts, type Installed } from '../../../../report/clock/installed.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { type AnySnapshot, isBroken } from '../../../../report/text/job.ts';
import { hiddenAdvice } from '../../../../report/why/remedies.ts';
import { asUser } from '../../../../system/file/as-user.ts';
import { files } from '../../../../system/file/files.ts';
import { caller } from '../../../../system/user/caller.ts';
import { defined } from '../../../../text/defined.ts';
import { formatProblem, type Problem } from '../../../../text/problem.ts';
import { shellWord } from '../../../../text/shell-word.ts';
import { minutesTerm } from '../../../crontab/generate.ts';
import { loadAllJobs } from '../../../crontab/known-jobs.ts';
import { crontabSync } from '../../../crontab/sync.ts';
import { openJobs } from '../../../report/snapshots.ts';
import { timesOf } from '../../../report/times.ts';
import type { JobClock } from './cron.ts';
import { counted, type Ground, isClosed, isUnreadable, named, unknownTo } from './ground.ts';

const about = 'job files';

export interface FoundJobs {
  readonly checks: readonly Check[];
  readonly clocks: readonly JobClock[];
  /** The answer to whether the crontab says what the files say. */
  readonly sync: CrontabSync;
}

/** The job files as root, or as the caller, reads them: they are root's, and jobs can't write them. */
export function findJobs(ground: Ground, installed: Installed): FoundJobs {
  const { config } = ground;
  const { jobs } = loadAllJobs(config);
  if (jobs.is === 'unlisted')
    return { checks: [unlistedCheck(ground, jobs.problem)], clocks: [], sync: { is: 'unknown' } };
  const sync = crontabSync(config, jobs);
  const clocks = jobs.jobs.map((job) => ({ slug: job.slug, clock: clockFacts(clockedJob(job, config), installed) }));
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return { checks: frame.problems.map(frameCheck), clocks, sync };
  const { problems } = composeCrontab({ ...frame.value, ...jobs, present: nothingPresent, dueMinutes: minutesTerm });
  const all = [...jobs.problems, ...problems];
  const closed = new Set(
    all.filter(({ file }) => ground.role === 'other' && isUnreadable(file)).map(({ file }) => file),
  );
  const open = all.filter(({ file }) => !closed.has(file));
  const count = jobs.jobs.length + jobs.broken.length;
  return { checks: [fileCheck(ground, open, count), ...closedCheck([...closed])], clocks, sync };
}

function fileCheck({ config: { jobDirectory }, forms }: Ground, problems: readonly Problem[], count: number): Check {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const advice = [advise('see all of it', looking(forms, 'check'))];
  const [first, ...others] = errors.length > 0 ? errors : problems;
  if (first === undefined) return { about, is: 'ok', words: `${counted(count, 'job')} in ${jobDirectory}` };
  const more = others.length === 0 ? '' : `, and ${counted(others.length, 'more')}`.replace('mores', 'more');
  if (errors.length === 0) return { about, is: 'warning', words: `${formatProblem(first)}${more}`, advice };
  const broken = new Set(errors.map(({ file }) => file)).size;
  const words = `${broken} of ${counted(count, 'job')} can't be run: ${formatProblem(first)}${more}`;
  return { about, is: 'problem', words, advice };
}

function frameCheck(problem: Problem): Check {
  return { about: 'configuration', is: 'problem', words: formatProblem(problem) };
}

function closedCheck(closed: readonly string[]): readonly Check[] {
  if (closed.length === 0) return [];
  const words = `you may not read ${counted(closed.length, 'job file')}: ${named(closed)}`;
  return [unknownTo(about, words, 'root and the service user')];
}

function unlistedCheck({ config: { jobDirectory }, role }: Ground, problem: Problem): Check {
  if (role === 'other' && isClosed(jobDirectory))
    return unknownTo(about, `you may not list ${jobDirectory}`, 'root and the service user');
  const words = formatProblem(problem);
  if (files.facts(jobDirectory) !== undefined) return { about, is: 'problem', words };
  return { about, is: 'problem', words, advice: [advise('make it', `sudo install -d ${shellWord(jobDirectory)}`)] };
}

function clockedJob(job: CrontabJob, config: Config): ClockedJob {
  const { slug, schedule, enabled, timeZone, service, seat } = seated({ ...job, enabled: !job.disabled }, config.fleet);
  const timing = timeZone === undefined ? {} : { timeZone };
  return { slug, timing, enabled, ...defined({ schedule, seat }), ...(service && { service }) };
}

/** Returns the enabled jobs and services that send mails. */
export function mailingJobs(config: Config): readonly string[] {
  const opened = openJobs(config);
  if (!opened.ok) return [];
  const { slugs, load } = opened.jobs;
  return slugs.filter((slug) => {
    const loaded = load(slug);
    if (loaded?.ok !== true || !loaded.value.enabled) return false;
    const { failmail, notices } = loaded.value;
    return failmail !== undefined || notices.channels.some(({ kind }) => kind === 'mail');
  });
}

/** All jobs as `jobctl status` has them. What jobs have written is read with no more rights than theirs. */
export function snapshotsOf(config: Config): readonly AnySnapshot[] {
  return asUser(config.serviceUser, () => {
    const opened = openJobs(config, timesOf(config));
    return opened.ok ? [...opened.jobs.snapshots(opened.jobs.slugs, 1)] : [];
  });
}

export function runCheck({ config, forms, role }: Ground, snapshots: readonly AnySnapshot[]): Check {
  const history = `${config.stateDirectory}/history`;
  if (role === 'other' && (isClosed(config.stateDirectory) || isClosed(history)))
    return unknownTo('runs', `you may not list ${history}`, 'root and the service user');
  const failing = snapshots.filter(({ state }) => state === 'failing' || state === 'FAILED').map(({ slug }) => slug);
  const overdue = snapshots.filter(({ state }) => state === 'overdue').map(({ slug }) => slug);
  const hidden = snapshots.flatMap((job) =>
    isBroken(job) || job.historyHidden === undefined ? [] : [{ slug: job.slug, reason: job.historyHidden }],
  );
  const parts = [
    ...(failing.length > 0 ? [`${counted(failing.length, 'job is', 'jobs are')} failing (${named(failing)})`] : []),
    ...(overdue.length > 0 ? [`${counted(overdue.length, 'job is', 'jobs are')} overdue (${named(overdue)})`] : []),
    ...hidden.slice(0, 5).map(({ reason }) => `a history can't be read: ${reason}`),
    ...(hidden.length > 5 ? [`${counted(hidden.length - 5, 'more history', 'more histories')} too`] : []),
  ];
  if (parts.length === 0) return { about: 'runs', is: 'ok', words: 'no job is failing or overdue' };
  const [firstOverdue] = overdue;
  const advice = [
    ...(failing.length > 0 ? [advise('see their last words', looking(forms, 'failed'))] : []),
    ...hidden.map(({ slug, reason }) => hiddenAdvice(reason, { slug, forms, user: config.serviceUser.name })),
    ...(firstOverdue === undefined ? [] : [advise('see why', looking(forms, `why ${firstOverdue}`))]),
  ];
  return { about: 'runs', is: 'warning', words: parts.join(', '), advice };
}
