/**
 * `run-job --ensure`: starts the missing supervisor of every service that should be up. cron calls
 * it each minute, so it reads as little as it can: the names of job files, then their locks, and
 * only for those without a supervisor the file itself.
 */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { listJobFiles, readJobFile } from '../../job/folder.ts';
import { loadJob } from '../../job/load.ts';
import { readHistory } from '../../run/history/record.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { readDesired } from '../../service/desired.ts';
import { files } from '../../system/file/files.ts';
import { randomUuid } from '../../system/file/random.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
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
    return startMissing(config, configFile);
  } finally {
    if (answer.is === 'held') await answer.lock.release();
  }
}

/**
 * No job has such a name. While one --ensure hangs, on a file server that is away, cron must not
 * start another each minute.
 */
const ensureLock = '@ensure';

function startMissing(config: Config, configFile: string | undefined): number {
  const listed = listJobFiles(config, files);
  if (listed.is === 'unlisted') return refuseProblems([listed.problem]);
  for (const slug of listed.slugs) if (isMissing(slug, config)) startSupervisor(slug, configFile);
  return 0;
}

function isMissing(slug: string, config: Config): boolean {
  if (!mayBeService(slug, config)) return false;
  if (realLocks(config, () => undefined).holder(slug)?.state === 'running') return false;
  const loaded = loadJob(slug, config, { files });
  if (loaded === undefined) return false;
  // A file with problems is reported once, by run-job.
  if (!loaded.ok) return !isTold(slug, config);
  const { service, enabled } = loaded.value;
  return (
    service !== undefined && enabled && readDesired(stateFiles(config.stateDirectory), slug).service.state === 'up'
  );
}

/**
 * A file without the word "service" needs no parser. A file that can't be read is left to the
 * loader, which says why.
 */
function mayBeService(slug: string, config: Config): boolean {
  const read = readJobFile(slug, config, files);
  if (read.is === 'absent') return false;
  return read.is === 'refused' || /\bservice\b/.test(Buffer.from(read.bytes).toString('latin1'));
}

function isTold(slug: string, config: Config): boolean {
  const outcome = readHistory(slug, { history: realHistory(config) }).runs.at(-1)?.outcome;
  return outcome?.kind === 'not-started' && outcome.code === exitCodes.configuration;
}
