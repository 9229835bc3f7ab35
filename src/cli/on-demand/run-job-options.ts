/**
 * run-job with other arguments than those of a crontab line: lists, status, kill, rehearsal, help.
 */

import type { Config } from '../../config/config.ts';
import { isSlug } from '../../job/folder.ts';
import { loadJob } from '../../job/load.ts';
import { type AnySnapshot, isBroken } from '../../report/text/job.ts';
import { killSentence } from '../../report/text/kill.ts';
import { brokenStatusText, statusText } from '../../report/text/status.ts';
import { stillRunningWords } from '../../run/lock/stop-run.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { lookAs } from '../../system/file/as-user.ts';
import { files } from '../../system/file/files.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { timeText } from '../../zone/wall-time.ts';
import { realLocks } from '../frame/host.ts';
import { print, printAnswer, sayProblems } from '../frame/output.ts';
import { openAsServiceUser, openConfig } from '../frame/prologue.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { findService, lookAtService } from '../report/service-snapshots.ts';
import { openJobs } from '../report/snapshots.ts';
import { rehearseAsServiceUser } from '../run/rehearse.ts';
import type { RunRequest } from '../run/run-named.ts';
import { stopRunHere } from '../run/stop-run.ts';
import { parseCommandLine, usageError } from './options.ts';

const program = 'run-job';

function parse(args: readonly string[]) {
  return parseCommandLine(program, args, (options) =>
    options
      .usage(
        'Usage: $0 --job NAME [--slow-start]\n       $0 --list-jobs | --status [--only-running] [--tag TAG] [--json]\n       $0 --kill-job NAME\n       $0 --rehearse NAME [--slow-start] [--json]',
      )
      .demandCommand(0, 1)
      .option('job', { alias: 'j', type: 'string', requiresArg: true, describe: 'Run this job.' })
      .option('slow-start', { alias: 'w', type: 'boolean', describe: 'Run the slow_start_command of the job instead.' })
      .option('follow', {
        type: 'boolean',
        describe: 'Print the output of the job also where standard output is not a terminal.',
      })
      .option('rehearse', {
        type: 'boolean',
        describe: 'Show user, directory, environment and programs of a run without running anything.',
      })
      .option('list-jobs', { alias: 'l', type: 'boolean', describe: 'Print the names of all jobs.' })
      .option('status', { alias: 's', type: 'boolean', describe: 'Print the status of all jobs, or of NAME.' })
      .option('only-running', { alias: 'r', type: 'boolean', describe: 'Only jobs that are running now.' })
      .option('tag', { type: 'string', requiresArg: true, describe: 'Only jobs with this tag.' })
      .option('json', { type: 'boolean', describe: 'Print JSON, one object per job.' })
      .option('kill-job', {
        alias: 'k',
        type: 'string',
        requiresArg: true,
        describe: 'End the run of this job and every process that it started.',
      })
      .option('ensure', {
        type: 'boolean',
        describe: 'For the crontab: start every service that should be up and is not.',
      })
      .option('due', {
        type: 'boolean',
        describe: 'For the crontab: start the job only if its schedule, in its own time zone, has a tick now.',
      })
      .option('catch-up', {
        type: 'boolean',
        describe:
          'For the crontab: record the ticks that were missed while cron or this host was down, and run the jobs that have catch_up.',
      })
      .option('config', { type: 'string', requiresArg: true, describe: 'Use another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' })
      .conflicts('ensure', ['job', 'list-jobs', 'status', 'only-running', 'kill-job', 'slow-start', 'rehearse'])
      .conflicts('job', ['list-jobs', 'status', 'kill-job'])
      .conflicts('catch-up', ['job', 'list-jobs', 'status', 'only-running', 'kill-job', 'rehearse', 'due'])
      .conflicts('kill-job', ['list-jobs', 'status', 'slow-start'])
      .conflicts('rehearse', ['list-jobs', 'status', 'only-running', 'kill-job']),
  );
}

type Options = Extract<ReturnType<typeof parse>, { is: 'asked' }>['options'];

export async function runJobWithOptions(
  args: readonly string[],
  run: (request: RunRequest, args: readonly string[]) => Promise<number>,
): Promise<number> {
  // Without arguments: help, and well (kept).
  const line = parse(args.length === 0 ? ['--help'] : args);
  if (line.is === 'answered') return printAnswer(line);
  const { options, words } = line;
  const slug = options.job ?? words[0];
  if (options['list-jobs'] || options.status || options['only-running']) return list(options, slug);
  if (options['kill-job'] !== undefined) return kill(options['kill-job'], options, args);
  if (options.ensure) {
    const { ensureServices } = await import('./ensure.ts');
    return ensureServices(options.config, args);
  }
  if (options['catch-up']) {
    const { catchUpAll } = await import('./catch-up.ts');
    return catchUpAll(options.config, args);
  }
  if (options.rehearse && slug) return rehearse(slug, options, args);
  if (slug !== undefined && slug !== '') return run(requestOf(slug, options), args);
  return printAnswer(usageError(program, 'which job?'));
}

function requestOf(slug: string, { 'slow-start': slowStart, due, follow, config }: Options): RunRequest {
  return {
    ...{ slug, slowStart: slowStart === true },
    ...(due && { due }),
    ...(follow && { follow }),
    ...defined({ configFile: config }),
  };
}

function list(options: Options, only: string | undefined): number {
  const opened = openConfig(options.config);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  lookAs(config.serviceUser);
  const listed = openJobs(config);
  if (!listed.ok) return refuseProblems([listed.problem]);
  const { jobs } = listed;
  sayProblems(jobs.strays);
  // Names alone need no file to be read.
  if (!options.status && !options['only-running'] && options.tag === undefined && !options.json) {
    print(jobs.slugs.map((slug) => `${slug}\n`).join(''));
    return 0;
  }
  if (only !== undefined && !jobs.slugs.includes(only)) return refuse(program, `there is no job "${only}"`);
  const format = timeText(hostZone());
  for (const job of jobs.snapshots(only === undefined ? jobs.slugs : [only])) {
    if (!isAskedFor(job, options)) continue;
    if (!print(lineOf(job, options, format))) break;
  }
  return 0;
}

function isAskedFor(job: AnySnapshot, options: Options): boolean {
  if (options['only-running'] && job.activity.is === 'idle') return false;
  return options.tag === undefined || job.tags.includes(options.tag);
}

function lineOf(job: AnySnapshot, options: Options, format: (ms: number) => string): string {
  if (options.json) return `${JSON.stringify(job)}\n`;
  if (!options.status) return `${job.slug}\n`;
  return isBroken(job) ? brokenStatusText(job) : statusText(job, format);
}

function kill(slug: string, options: Options, args: readonly string[]): Promise<number> {
  return asServiceUser(options, args, (config) => killAsServiceUser(slug, config));
}

function rehearse(slug: string, options: Options, args: readonly string[]): Promise<number> {
  const request = { slug, slowStart: options['slow-start'] === true, json: options.json === true };
  return asServiceUser(options, args, (config) => rehearseAsServiceUser(request, config));
}

async function asServiceUser(
  options: Options,
  args: readonly string[],
  act: (config: Config) => Promise<number> | number,
): Promise<number> {
  const change = options.rehearse ? 'look' : 'change';
  const opened = await openAsServiceUser({ program, args, configFile: options.config, change });
  return opened.is === 'over' ? opened.exitCode : act(opened.config);
}

async function killAsServiceUser(slug: string, config: Config): Promise<number> {
  const loaded = loadJob(slug, config, { files });
  // cron would start a service again within a minute, so ending its run once would not help.
  const holder = isSlug(slug) ? realLocks(config, () => undefined).holder(slug) : undefined;
  const service = isSlug(slug) ? findService(slug, loaded, holder, config) : undefined;
  const supervised = service !== undefined && lookAtService(service, holder, config).jobRun === undefined;
  if (supervised && service.file !== 'job') return refuse(program, `${slug} is a service: jobctl stop ${slug}`);
  const grace = (loaded?.ok === true ? loaded.value.killGraceSeconds : holder?.killGraceSeconds) ?? 10;
  const answer = isSlug(slug)
    ? await stopRunHere(config, { slug, killGraceSeconds: grace }, (holder) => print(`${killSentence(slug, holder)}\n`))
    : ({ is: 'idle' } as const);
  if (answer.is === 'idle') {
    // A file that is gone may still have a run; one that never was is a slip of the pen.
    if (loaded === undefined) return refuse(program, `there is no job "${slug}" in ${config.jobDirectory}`);
    print(`${killSentence(slug, undefined)}\n`);
    return 0;
  }
  if (answer.is === 'stopped') return 0;
  return refuse(program, stillRunningWords(slug, answer.holder), exitCodes.internal);
}
