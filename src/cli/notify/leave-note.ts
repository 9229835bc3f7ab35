/**
 * Leaves a note of a run for deliver-notices, and sees that it is awake. All of it is cheap, because every run does it; the lock of the job is
 * free by then, but for the note that a run has begun.
 */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { type Notices, noticesOf, type Occasion } from '../../job/keys/notices.ts';
import { memoryFiles } from '../../notify/outbox/memory-files.ts';
import { noteName, type RunNote } from '../../notify/outbox/note.ts';
import { noticeFolders, noticeLock } from '../../notify/outbox/note-folders.ts';
import type { Trigger } from '../../run/history/event.ts';
import type { RunResult } from '../../run/history/record.ts';
import { healthOf } from '../../run/outcome/outcome.ts';
import { runIdVariable } from '../../run/world/world.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import type { OwnLog } from '../../system/types/own-log.ts';
import { realLocks } from '../frame/host.ts';
import { say } from '../frame/output.ts';
import { startBeside } from '../frame/start-program.ts';

export interface NotedRun {
  readonly config: Config;
  readonly slug: string;
  readonly run: string;
  readonly trigger: Trigger;
  /** Absent when its file has problems: then the channels of `default_job_config` hear of it. */
  readonly job?: Job;
}

/** Called while the job begins: nothing is waited for. */
export function noteStart(noted: NotedRun, begun: { readonly startedMs: number; readonly logPath: string }): void {
  const { channels } = noticesFor(noted);
  if (!channels.some(({ on }) => on === undefined)) return;
  const note: RunNote = { ...common(noted), ...begun, phase: 'started', atMs: begun.startedMs, tail: '', remarks: [] };
  const written = stateFiles(noted.config.stateDirectory, 0o600).write(
    noticeFolders.notes,
    noteName(note),
    JSON.stringify(note),
  );
  // Within another run it would be one of that run's processes; the note then waits for the end of this one.
  if (written.ok && !isWithinRun()) wake(noted);
}

/** What can't be kept is sent at once. */
export async function noteEnd(noted: NotedRun, result: RunResult, log: OwnLog): Promise<void> {
  const spool = stateFiles(noted.config.stateDirectory, 0o600);
  if (isHeard(noted, result)) {
    const note = endNote(noted, result);
    const written = spool.write(noticeFolders.notes, noteName(note), JSON.stringify(note));
    if (!written.ok) {
      log.note('error', `${noted.slug}: a notice could not be kept, one attempt is made to send it: ${written.reason}`);
      const memory = memoryFiles();
      memory.write(noticeFolders.notes, noteName(note), JSON.stringify(note));
      const { deliverFromMemory } = await import('../deliver-notices.ts');
      return deliverFromMemory(noted.config, memory);
    }
  }
  // Also what others have left: a deliverer that was killed, a reboot.
  if (![noticeFolders.notes, noticeFolders.outbox].some((folder) => spool.names(folder).length > 0)) return;
  if (!isWithinRun()) return wake(noted);
  const { deliverOnce } = await import('../deliver-notices.ts');
  await deliverOnce(noted.config);
}

function noticesFor({ job, config }: NotedRun): Notices {
  return job?.notices ?? noticesOf(config.jobDefaults).notices;
}

function common(noted: NotedRun) {
  const { slug, run, trigger, job, config } = noted;
  const { channels, after, skipThreshold } = noticesFor(noted);
  const description = job?.description;
  const fromAddress = job?.failmail?.fromAddress ?? config.jobDefaults.failmail?.from_address;
  return {
    ...{ slug, run, trigger, channels, after, name: job?.name ?? slug, host: os.hostname() },
    ...(description !== undefined && { description }),
    ...(skipThreshold !== undefined && { skipThreshold }),
    ...(fromAddress !== undefined && { fromAddress }),
  };
}

function endNote(noted: NotedRun, result: RunResult): RunNote {
  const { startedMs, endedMs, outcome, logPath, tail, troubles, paused } = result;
  return {
    ...common(noted),
    ...{ phase: 'ended', startedMs, atMs: endedMs, outcome, tail, remarks: troubles },
    ...(logPath !== undefined && { logPath }),
    ...(paused !== undefined && { pause: paused }),
  };
}

/**
 * Whether anybody may want to hear of this run. What nobody hears leaves no note: a job that succeeds each minute must not start a program
 * each time. What is left out is read in the history by the next note.
 */
function isHeard(noted: NotedRun, { outcome, troubles, history, interrupted }: RunResult): boolean {
  const { channels } = noticesFor(noted);
  const hears = (occasion: Occasion) => channels.some(({ on }) => on?.includes(occasion));
  if (channels.length === 0) return false;
  if (outcome.kind === 'skipped' && ['paused', 'claimed', 'not-due'].includes(outcome.reason)) return false;
  if (healthOf(outcome) === 'failure' || interrupted.runs.length > 0) return true;
  if (channels.some(({ on }) => on === undefined) || hears('success')) return true;
  if (outcome.kind === 'skipped') return hears('skipped') || hears('warning');
  // A missed tick may have been written by whoever could tell nobody.
  const latest = history.runs.slice(-10);
  const isDoubtful =
    troubles.length > 0 ||
    latest.at(-1)?.warning !== undefined ||
    latest.some((record) => record.outcome?.kind === 'missed');
  return (isDoubtful && hears('warning')) || hasIncident(noted);
}

function hasIncident({ config, slug }: NotedRun): boolean {
  return stateFiles(config.stateDirectory).read(noticeFolders.incidents, slug)?.includes('"incident":') ?? false;
}

/** One at a time is enough: it looks again when it has let go of its lock. */
function wake({ config }: NotedRun): void {
  const locks = realLocks(config, (remark) => say('run-job', remark));
  if (locks.holder(noticeLock) !== undefined) return;
  startBeside({ name: 'deliver-notices', configFile: config.namedFile, inherits: 'settings' });
}

function isWithinRun(): boolean {
  return process.env[runIdVariable] !== undefined;
}
