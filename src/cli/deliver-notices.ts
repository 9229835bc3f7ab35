/**
 * deliver-notices [--config FILE]: words and sends what runs have left to tell. Started by a run in a session of its own, with nobody to read
 * what it prints; one at a time on a machine, until the outbox is empty. What it has to say goes to the programs' own log and the histories.
 */
import path from 'node:path';
import type { Config } from '../config/config.ts';
import { type Delivering, deliverNotices } from '../notify/outbox/deliver.ts';
import { noticeFolders, noticeLock } from '../notify/outbox/note-folders.ts';
import { newRunId } from '../run/identity.ts';
import { exitCodes } from '../run/outcome/outcome.ts';
import { type FolderWatch, watchFolder } from '../system/file/folder-watch.ts';
import { endOfLog } from '../system/log-files/log-end.ts';
import { noteInLog } from '../system/log-files/log-note.ts';
import { createOwnLog } from '../system/own-log/own-log.ts';
import { stateFiles } from '../system/state/state-files.ts';
import { clock } from '../system/time/clock.ts';
import { hostZone } from '../system/time/zones.ts';
import type { LogLevel } from '../system/types/own-log.ts';
import type { StateFiles } from '../system/types/state.ts';
import { realHistory, realLocks } from './frame/host.ts';
import { runProgram, say } from './frame/output.ts';
import { openBesideRun } from './frame/prologue.ts';
import { sendNotice } from './notify/send-notice.ts';

const program = 'deliver-notices';

export function main(args: readonly string[]): void {
  runProgram(program, args, () => deliver(args));
}

async function deliver(args: readonly string[]): Promise<number> {
  const opened = openBesideRun(program, args);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  return empty(config, 'until-empty');
}

/** For a run within another one, whose end would end a process beside it: one attempt, here and now. */
export async function deliverOnce(config: Config): Promise<void> {
  await empty(config, 'once');
}

async function empty(config: Config, mode: 'once' | 'until-empty'): Promise<number> {
  const locks = realLocks(config, (remark) => say(program, remark));
  const spool = stateFiles(config.stateDirectory, 0o600);
  for (;;) {
    const answer = await locks.acquire(noticeLock, newRunId(clock.nowMs(), crypto.randomUUID()));
    if (answer.is !== 'held') return answer.is === 'busy' ? 0 : exitCodes.internal;
    const notes = watchFolder(path.join(config.stateDirectory, noticeFolders.notes));
    try {
      await deliverNotices(mode, world(config, spool, notes));
    } finally {
      notes.close();
      await answer.lock.release();
    }
    // Whoever left a note while we let go of the lock has found it taken.
    // What is still in the outbox can't be taken away or read, and would not go better now.
    if (mode === 'once' || spool.names(noticeFolders.notes).length === 0) return 0;
  }
}

/** When the disk takes no note: one attempt from memory, which may tell twice what it can't remember to have told. */
export async function deliverFromMemory(config: Config, spool: StateFiles): Promise<void> {
  const notes = watchFolder(path.join(config.stateDirectory, noticeFolders.notes));
  await deliverNotices('once', world(config, spool, notes));
  notes.close();
}

function world(config: Config, spool: StateFiles, notes: FolderWatch): Delivering {
  const tell = (level: LogLevel, words: string) => note(config, level, words);
  return {
    clock,
    spool,
    incidents: stateFiles(config.stateDirectory),
    history: realHistory(config),
    timeZone: hostZone(),
    endOfLog: (logPath) => endOfLog(config.outputDirectory, logPath),
    send: (entry) => sendNotice(entry, config),
    newNote: (atMostMs) => notes.changed(atMostMs),
    noteInLog,
    log: tell,
    complain: (words) => tell('error', words),
  };
}

/** A log for each word: one may come in three days. */
function note(config: Config, level: LogLevel, words: string): void {
  const log = createOwnLog({
    settings: config.logging,
    byTheClock: true,
    load: () => import('./on-demand/winston-log.ts'),
  });
  log.note(level, words);
  void log.close();
}
