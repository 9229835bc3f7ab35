/**
 * `run-job --catch-up`: records missed ticks and starts the runs that make up for them. The crontab
 * calls it at boot and every five minutes if a job has `catch_up`.
 */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { listJobFiles } from '../../job/folder.ts';
import { isService, type Job, type RunJob } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import type { HistoryHost } from '../../run/history/record.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { readPauses, unreadDirectory } from '../../run/pause/pause.ts';
import { type CaughtJob, catchUp } from '../../run/tick/catch-up.ts';
import { files } from '../../system/file/files.ts';
import { randomUuid } from '../../system/file/random.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import { writeSyslog } from '../../system/own-log/syslog.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { clock } from '../../system/time/clock.ts';
import { formatProblem, type Result } from '../../text/problem.ts';
import type { Zones } from '../../zone/zone.ts';
import { realHistory } from '../frame/host.ts';
import { say } from '../frame/output.ts';
import { openAsServiceUser } from '../frame/prologue.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { startBeside } from '../frame/start-program.ts';
import { hostZones, zoneProblem } from '../frame/zones.ts';
import { rerunVariable } from '../run/fleet/rerun-variable.ts';
import { jobChangedMs } from '../run/job-changed.ts';
import { caughtUpVariable, givenRunVariable } from '../run/run-named.ts';

const program = 'run-job';

export async function catchUpAll(configFile: string | undefined, args: readonly string[]): Promise<number> {
  const opened = await openAsServiceUser({ program, args, configFile, refusals: 'stderr and syslog' });
  return opened.is === 'over' ? opened.exitCode : catchUpAsServiceUser(opened.config, configFile);
}

async function catchUpAsServiceUser(config: Config, configFile: string | undefined): Promise<number> {
  const listed = listJobFiles(config, files);
  if (listed.is === 'unlisted') {
    const exitCode = refuseProblems([listed.problem]);
    await writeSyslog('error', formatProblem(listed.problem));
    return exitCode;
  }
  const unread = unreadDirectory(readPauses(stateFiles(config.stateDirectory)));
  if (unread !== undefined) {
    await writeSyslog('error', unread);
    return refuse(program, unread, exitCodes.internal);
  }
  const seats = config.fleet === undefined ? undefined : await import('./pool-seat.ts');
  const ofFleet: RunJob[] = [];
  const zones = hostZones(config.stateDirectory);
  const recorder = { clock, history: realHistory(config), hostName: os.hostname(), zones };
  const ofHost = await catchUp(jobsOf(listed.slugs, config, { ofFleet, onThisHost: seats?.seatedHere }), {
    ...recorder,
    claims: tickClaims(config.stateDirectory),
    readPauses: () => readPauses(stateFiles(config.stateDirectory)),
    newRun: () => newRunId(clock.nowMs(), randomUuid()),
    start: (start) => startDetached(start, configFile),
  });
  const messages = [...ofHost, ...(await catchUpFleet(ofFleet, config, { ...recorder, configFile }))];
  const log = createOwnLog({
    settings: config.logging,
    byTheClock: process.env.PROCESS_CONTROL_TRIGGER === 'cron',
    load: () => import('./winston-log.ts'),
  });
  for (const { slug, level, words } of messages) {
    log.note(level, `${slug} ${words}`, { job: slug });
    if (level === 'error') say(program, `${slug}: ${words}`);
  }
  await log.close();
  return messages.some(({ level }) => level === 'error') ? exitCodes.internal : 0;
}

interface Sorting {
  /** Gets the jobs whose account is in etcd. */
  readonly ofFleet: RunJob[];
  readonly onThisHost: ((loaded: Result<Job>, config: Config) => Result<Job>) | undefined;
}

async function catchUpFleet(
  jobs: readonly RunJob[],
  config: Config,
  { configFile, ...recorder }: HistoryHost & { readonly zones: Zones; readonly configFile: string | undefined },
) {
  if (jobs.length === 0) return [];
  const { catchUpInFleet } = await import('../run/on-demand/fleet-round.ts');
  return catchUpInFleet(jobs, config, { ...recorder, start: (start) => startDetached(start, configFile) });
}

/**
 * Loads one job at a time, since there may be thousands. A file with problems is reported by its
 * own crontab line.
 */
function* jobsOf(
  slugs: readonly string[],
  config: Config,
  { ofFleet, onThisHost = (loaded) => loaded }: Sorting,
): Generator<CaughtJob> {
  for (const slug of slugs) {
    const loaded = loadJob(slug, config, { files, checkZone: zoneProblem });
    const here = loaded && onThisHost(loaded, config);
    if (here?.ok !== true) continue;
    if (here.value.pool?.claims !== undefined && !isService(here.value)) ofFleet.push(here.value);
    else yield { ...here.value, changedMs: jobChangedMs(here.value, config) };
  }
}

interface DetachedStart {
  readonly slug: string;
  readonly run: string;
  readonly tickMs: number;
  /** Its run was lost on another host. */
  readonly isRerun?: boolean;
}

function startDetached({ slug, run, tickMs, isRerun = false }: DetachedStart, configFile: string | undefined): void {
  // Where it can't be started the claim is void before long, and the tick open again.
  startBeside({
    name: program,
    args: ['--job', slug],
    configFile,
    variables: {
      PROCESS_CONTROL_TRIGGER: 'cron',
      [givenRunVariable]: run,
      [caughtUpVariable]: String(tickMs),
      ...(isRerun && { [rerunVariable]: '1' }),
    },
  });
}
