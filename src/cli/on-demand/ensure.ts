/**
 * `run-job --ensure`: starts the missing supervisor of every service that should be up, and ends
 * those of services that other hosts have by now. cron calls
 * it each minute, so it reads as little as it can: the names of job files, then their locks, and
 * only for those without a supervisor the file itself.
 */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { listJobFiles, readJobFile } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import { readHistory } from '../../run/history/record.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { readDesired } from '../../service/desired.ts';
import { readRecord } from '../../service/record/record.ts';
import { files } from '../../system/file/files.ts';
import { randomUuid } from '../../system/file/random.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import { wrappers } from '../../system/process/wrappers.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import type { LockHolder } from '../../system/types/lock.ts';
import { realHistory, realLocks } from '../frame/host.ts';
import { say } from '../frame/output.ts';
import { openAsServiceUser } from '../frame/prologue.ts';
import { refuseProblems } from '../frame/refuse.ts';
import { startSupervisor } from '../frame/start-program.ts';

export async function ensureServices(configFile: string | undefined, args: readonly string[]): Promise<number> {
  const opened = await openAsServiceUser({ program: 'run-job', args, configFile, refusals: 'stderr and syslog' });
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  const answer = await realLocks(config, () => undefined).acquire(ensureLock, newRunId(clock.nowMs(), randomUuid()));
  if (answer.is === 'busy') {
    // cron calls again in a minute, and its output is not read.
    if (process.env.PROCESS_CONTROL_TRIGGER !== 'cron') say('run-job', 'another --ensure is at work; nothing to do');
    return 0;
  }
  try {
    // Without a run directory there can be no lock; each supervisor says so.
    const seats = config.fleet === undefined ? undefined : await import('./pool-seat.ts');
    const code = await startMissing({ config, configFile, elsewhereOf: seats?.elsewhereOf });
    return config.fleet?.etcd === undefined ? code : await ensureFleet(config, code);
  } finally {
    if (answer.is === 'held') await answer.lock.release();
  }
}

/** Services come first: etcd may let this host wait. */
async function ensureFleet(config: Config, code: number): Promise<number> {
  const { ensureInFleet } = await import('../run/on-demand/fleet-round.ts');
  const locks = realLocks(config, () => undefined);
  const notes = await ensureInFleet(config, { clock, locks, history: realHistory(config), hostName: os.hostname() });
  const log = createOwnLog({
    settings: config.logging,
    byTheClock: process.env.PROCESS_CONTROL_TRIGGER === 'cron',
    load: () => import('./winston-log.ts'),
  });
  for (const { slug, level, words } of notes) {
    const whole = slug === undefined ? words : `${slug}: ${words}`;
    log.note(level, whole, slug === undefined ? {} : { job: slug });
    if (level === 'error') say('run-job', whole);
  }
  await log.close();
  return notes.some(({ level }) => level === 'error') ? exitCodes.internal : code;
}

/**
 * No job has such a name. While one --ensure hangs, on a file server that is away, cron must not
 * start another each minute.
 */
const ensureLock = '@ensure';

interface Round {
  readonly config: Config;
  readonly configFile: string | undefined;
  /** Absent where the configuration knows no other hosts. */
  readonly elsewhereOf: ((job: Job, config: Config) => string | undefined) | undefined;
}

async function startMissing(round: Round): Promise<number> {
  const { config, configFile } = round;
  const listed = listJobFiles(config, files);
  if (listed.is === 'unlisted') return refuseProblems([listed.problem]);
  const shared: Job[] = [];
  for (const slug of listed.slugs) if (isMissing(slug, round, shared)) startSupervisor(slug, configFile);
  if (shared.length > 0) await startShared(shared, round);
  return 0;
}

/** Services whose instances several hosts share come last: etcd may let this host wait. */
async function startShared(jobs: readonly Job[], { config, configFile }: Round): Promise<void> {
  const { needsSupervisor } = await import('../run/on-demand/service-slots.ts');
  for (const job of jobs) {
    const answer = await needsSupervisor(job, config);
    if (answer === 'unreachable') return;
    if (answer === 'needed' && isDesired(job.slug, config)) startSupervisor(job.slug, configFile);
  }
}

function isDesired(slug: string, { stateDirectory }: Config): boolean {
  return readDesired(stateFiles(stateDirectory), slug).service.state === 'up';
}

/**
 * Asks the supervisor of a service to end that other hosts have by now. `shared` gets the services of
 * which etcd knows whether this host needs a supervisor.
 */
function isMissing(slug: string, { config, elsewhereOf }: Round, shared: Job[]): boolean {
  const text = textOfService(slug, config);
  if (text === undefined) return false;
  const holder = realLocks(config, () => undefined).holder(slug);
  const isPooled = elsewhereOf !== undefined && (/\bpool\b/.test(text) || config.jobDefaults.pool !== undefined);
  if (holder?.state === 'running' && !isPooled) return false;
  const loaded = loadJob(slug, config, { files });
  if (loaded === undefined) return false;
  // A file with problems is reported once, by run-job.
  if (!loaded.ok) return holder?.state !== 'running' && !isTold(slug, config);
  if (elsewhereOf?.(loaded.value, config) !== undefined) {
    if (holder !== undefined && isSupervisor(slug, holder, config)) wrappers.askToEnd(holder);
    return false;
  }
  if (holder?.state === 'running') return false;
  const { service, enabled, pool } = loaded.value;
  if (service === undefined || !enabled) return false;
  if (pool?.slots !== undefined) shared.push(loaded.value);
  return pool?.slots === undefined && isDesired(slug, config);
}

/** A run of the job that the service was before goes on to its end. */
function isSupervisor(slug: string, { state, runId }: LockHolder, { stateDirectory }: Config): boolean {
  return state === 'running' && readRecord(stateFiles(stateDirectory), slug)?.run === runId;
}

/**
 * Returns the text of a file that may be that of a service; without the word "service" it needs no
 * parser. A file that can't be read is left to the loader, which says why.
 */
function textOfService(slug: string, config: Config): string | undefined {
  const read = readJobFile(slug, config, files);
  if (read.is === 'absent') return undefined;
  const text = read.is === 'refused' ? '' : Buffer.from(read.bytes).toString('latin1');
  return read.is === 'refused' || /\bservice\b/.test(text) ? text : undefined;
}

function isTold(slug: string, config: Config): boolean {
  const outcome = readHistory(slug, { history: realHistory(config) }).runs.at(-1)?.outcome;
  return outcome?.kind === 'not-started' && outcome.code === exitCodes.configuration;
}
