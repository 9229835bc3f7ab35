/**
 * prune-logs [--config FILE]: removes and compresses old logs as `log_retention` says. A run that
 * has ended starts it in a session of its own. Its output is not read, so it reports to the
 * programs' own log.
 */
import os from 'node:os';
import type { Config } from '../../config/config.ts';
import { listJobFiles } from '../../job/folder.ts';
import { type LogBounds, logBounds } from '../../job/keys/log-bounds.ts';
import { loadJob } from '../../job/load.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { type PruneReport, pruneLogs } from '../../run/retention/prune.ts';
import { files } from '../../system/file/files.ts';
import { logFolders } from '../../system/log-files/log-folders.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import { clock } from '../../system/time/clock.ts';
import { realLocks } from '../frame/host.ts';
import { runProgram, say } from '../frame/output.ts';
import { openBesideRun } from '../frame/prologue.ts';

const program = 'prune-logs';

/**
 * No job has such a name. Two prune-logs at once would remove each other's temporary files, so the
 * second one ends.
 */
const lockName = '@log-retention';

export function main(args: readonly string[]): void {
  os.setPriority(os.constants.priority.PRIORITY_LOW);
  runProgram(program, args, () => prune(args));
}

async function prune(args: readonly string[]): Promise<number> {
  const opened = openBesideRun(program, args);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  const locks = realLocks(config, (words) => say(program, words));
  const answer = await locks.acquire(lockName, newRunId(clock.nowMs(), crypto.randomUUID()));
  if (answer.is !== 'held') return answer.is === 'busy' ? 0 : exitCodes.internal;
  try {
    const boundsOf = jobBounds(config);
    await report(
      await pruneLogs(config.logRetention, { clock, locks, boundsOf, folders: logFolders(config.outputDirectory) }),
      config,
    );
    return 0;
  } finally {
    await answer.lock.release();
  }
}

/**
 * A job that is gone has the bounds of the configuration. While jobs can't be listed, no job counts
 * as gone.
 */
function jobBounds(config: Config): (slug: string) => LogBounds | undefined {
  const isListed = listJobFiles(config, files).is === 'listed';
  const forAll = { ...config.logRetention, ...logBounds(config.jobDefaults.log_retention ?? {}) };
  return (slug) => {
    const loaded = loadJob(slug, config, { files });
    if (loaded === undefined) return isListed ? forAll : undefined;
    return loaded.ok ? { ...config.logRetention, ...loaded.value.logRetention } : undefined;
  };
}

async function report({ removed, compressed, warnings }: PruneReport, config: Config): Promise<void> {
  const log = createOwnLog({
    settings: config.logging,
    byTheClock: true,
    load: () => import('./winston-log.ts'),
  });
  if (removed + compressed > 0) log.note('info', `old logs: ${removed} removed, ${compressed} compressed`);
  for (const warning of warnings) {
    log.note('warn', `log retention: ${warning}`);
    say(program, warning);
  }
  await log.close();
}
