/**
 * `run-job --catch-up`: records missed ticks and starts the runs that make up for them. The crontab
 * calls it at boot and every five minutes if a job has `catch_up`.
 */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { listJobFiles } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
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
import { realHistory } from '../frame/host.ts';
import { say } from '../frame/output.ts';
import { openAsServiceUser } from '../frame/prologue.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { startBeside } from '../frame/start-program.ts';
import { hostZones, zoneProblem } from '../frame/zones.ts';
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
  const messages = await catchUp(jobsOf(listed.slugs, config, seats?.seatedHere), {
    clock,
    history: realHistory(config),
    hostName: os.hostname(),
    claims: tickClaims(config.stateDirectory),
    zones: hostZones(config.stateDirectory),
    readPauses: () => readPauses(stateFiles(config.stateDirectory)),
    newRun: () => newRunId(clock.nowMs(), randomUuid()),
    start: (start) => startDetached(start, configFile),
  });
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

/**
 * Loads one job at a time, since there may be thousands. A file with problems is reported by its
 * own crontab line.
 */
function* jobsOf(
  slugs: readonly string[],
  config: Config,
  onThisHost: (loaded: Result<Job>, config: Config) => Result<Job> = (loaded) => loaded,
): Generator<CaughtJob> {
  for (const slug of slugs) {
    const loaded = loadJob(slug, config, { files, checkZone: zoneProblem });
    const here = loaded && onThisHost(loaded, config);
    if (here?.ok !== true) continue;
    yield { ...here.value, changedMs: jobChangedMs(here.value, config) };
  }
}

function startDetached(
  { slug, run, tickMs }: { readonly slug: string; readonly run: string; readonly tickMs: number },
  configFile: string | undefined,
): void {
  // Where it can't be started the claim is void before long, and the tick open again.
  startBeside({
    name: program,
    args: ['--job', slug],
    configFile,
    variables: { PROCESS_CONTROL_TRIGGER: 'cron', [givenRunVariable]: run, [caughtUpVariable]: String(tickMs) },
  });
}
