/**
 * deliver-notices [--config FILE]: words the queued runs and sends their messages. run-job starts it
 * in the background, in a session of its own; one process at a time on a host works until queue and
 * outbox are empty. Its words go to the programs' own log and to the histories.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { type Delivering, type DeliveryMode, deliverNotices } from '../../notify/outbox/deliver.ts';
import { noticeFolders, noticeLock } from '../../notify/outbox/folders.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { watchFolder } from '../../system/file/folder-watch.ts';
import { endOfLog } from '../../system/log-files/log-end.ts';
import { noteInLog } from '../../system/log-files/log-note.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { clock } from '../../system/time/clock.ts';
import { hostZone } from '../../system/time/zones.ts';
import type { LogLevel } from '../../system/types/own-log.ts';
import type { StateFiles } from '../../system/types/state.ts';
import { realHistory, realLocks } from '../frame/host.ts';
import { runProgram, say } from '../frame/output.ts';
import { openBesideRun } from '../frame/prologue.ts';
import { startBeside } from '../frame/start-program.ts';
import { sendNotice } from '../notify/send-notice.ts';

const program = 'deliver-notices';

export function main(args: readonly string[]): void {
  runProgram(program, args, () => deliver(args));
}

async function deliver(args: readonly string[]): Promise<number> {
  const opened = openBesideRun(program, args);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  return emptyOutbox(config, 'until-empty');
}

/**
 * One attempt in this process. A run inside another run uses it: the end of the outer run ends all
 * its processes.
 */
export async function deliverOnce(config: Config): Promise<void> {
  await emptyOutbox(config, 'once');
}

/** One attempt at messages that the disk does not take. */
export async function deliverUnsaved(config: Config, files: StateFiles): Promise<void> {
  await deliverFrom(files, config, 'unsaved');
}

async function emptyOutbox(config: Config, mode: DeliveryMode): Promise<number> {
  const locks = realLocks(config, (warning) => say(program, warning));
  const files = stateFiles(config.stateDirectory, 0o600);
  for (;;) {
    const answer = await locks.acquire(noticeLock, newRunId(clock.nowMs(), crypto.randomUUID()));
    if (answer.is === 'busy') return 0;
    if (answer.is === 'unavailable') {
      log(config, 'error', `notices are sent without their lock: ${answer.stage}: ${answer.reason}`);
      // A message that two processes send is better than one that nobody sends.
      await deliverFrom(files, config, 'once');
      return exitCodes.internal;
    }
    let left: readonly string[] = [];
    let end: 'done' | 'replaced' = 'done';
    try {
      end = await deliverFrom(files, config, mode);
      left = files.names(noticeFolders.outbox);
    } finally {
      await answer.lock.release();
    }
    if (end === 'replaced') {
      startBeside({ name: program, configFile: config.namedFile, inherits: 'settings' });
      return 0;
    }
    // A program that added a file while the lock was released has found it taken.
    // Messages that were left before that can't be removed or read; a second look does not help.
    const isNew = files.names(noticeFolders.outbox).some((name) => !left.includes(name));
    if (mode === 'once' || (!isNew && files.names(noticeFolders.queue).length === 0)) return 0;
  }
}

async function deliverFrom(files: StateFiles, config: Config, mode: DeliveryMode): Promise<'done' | 'replaced'> {
  const queue = watchFolder(path.join(config.stateDirectory, noticeFolders.queue));
  const world: Delivering = {
    ...{ clock, files, noteInLog },
    incidents: stateFiles(config.stateDirectory),
    history: realHistory(config),
    timeZone: hostZone(),
    endOfLog: (logPath) => endOfLog(config.outputDirectory, logPath),
    send: (entry) => sendNotice(entry, config),
    queueChanged: (atMostMs) => queue.changed(atMostMs),
    log: (level, words) => log(config, level, words),
    // An attempt inside run-job is finished by the version that began the run.
    ...(mode === 'until-empty' && { isReplaced: replacement() }),
  };
  try {
    return await deliverNotices(mode, world);
  } finally {
    queue.close();
  }
}

/** True once an upgrade has put another file in the place of this program. */
function replacement(): () => boolean {
  const inode = () => statSync(process.argv[1] ?? '', { throwIfNoEntry: false })?.ino;
  const own = inode();
  return () => inode() !== own;
}

/** Opens the log for each line: there may be one in three days. */
function log(config: Config, level: LogLevel, words: string): void {
  const own = createOwnLog({
    settings: config.logging,
    byTheClock: true,
    load: () => import('./winston-log.ts'),
  });
  own.note(level, words);
  void own.close();
}
