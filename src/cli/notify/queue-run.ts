/**
 * Puts a run into the queue of deliver-notices and starts deliver-notices. Cheap, because every run
 * does it. The job's lock is free by then, except when the start of a run is queued.
 */
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { type Notices, noticesOf, type Occasion } from '../../job/keys/notices.ts';
import { noticeFolders, noticeLock } from '../../notify/outbox/folders.ts';
import { type QueuedRun, queuedRunName } from '../../notify/outbox/queued-run.ts';
import { unsavedFiles } from '../../notify/outbox/unsaved-files.ts';
import type { Failmail } from '../../notify/routing.ts';
import type { Trigger } from '../../run/history/event.ts';
import type { RunResult } from '../../run/history/record.ts';
import { mailedFailures } from '../../run/history/streak.ts';
import { healthOf, statusOf } from '../../run/outcome/outcome.ts';
import { runIdVariable } from '../../run/world/world.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import type { OwnLog } from '../../system/types/own-log.ts';
import { defined } from '../../text/defined.ts';
import { realLocks } from '../frame/host.ts';
import { say } from '../frame/output.ts';
import { startBeside } from '../frame/start-program.ts';

export interface ReportedRun {
  readonly config: Config;
  readonly slug: string;
  readonly run: string;
  readonly trigger: Trigger;
  /** Absent when its file has problems: then the recipients are those of `default_job_config`. */
  readonly job?: Job;
}

/**
 * Queues the start of a run, for pings of each run. Called while the job begins, so it waits for
 * nothing.
 */
export function queueStart(run: ReportedRun, begun: { readonly startedMs: number; readonly logPath: string }): void {
  const { channels } = noticesFor(run);
  if (!channels.some(({ on }) => on === undefined)) return;
  const queued: QueuedRun = {
    ...{ ...common(run), ...begun },
    ...{ phase: 'started', atMs: begun.startedMs, tail: '', remarks: [] },
  };
  const files = stateFiles(run.config.stateDirectory, 0o600);
  const written = files.write(noticeFolders.queue, queuedRunName(queued), JSON.stringify(queued));
  // Inside another run the deliverer would be one of that run's processes: the end of this run
  // delivers.
  if (written.ok && !isInsideRun()) startDeliverer(run);
}

/** Queues the end of a run. If the disk does not take it, sends its messages before it returns. */
export async function queueEnd(run: ReportedRun, result: RunResult, log: OwnLog): Promise<void> {
  const files = stateFiles(run.config.stateDirectory, 0o600);
  if (mayBeNews(run, result)) {
    const queued = endOf(run, result);
    const written = files.write(noticeFolders.queue, queuedRunName(queued), JSON.stringify(queued));
    if (!written.ok) {
      log.note('error', `${run.slug}: a notice could not be kept, one attempt is made to send it: ${written.reason}`);
      const unsaved = unsavedFiles();
      unsaved.write(noticeFolders.queue, queuedRunName(queued), JSON.stringify(queued));
      const { deliverUnsaved } = await import('../on-demand/deliver-notices.ts');
      return deliverUnsaved(run.config, unsaved);
    }
  }
  // This delivers what others have left, too: after a deliverer was killed, or after a reboot.
  if (![noticeFolders.queue, noticeFolders.outbox].some((folder) => files.names(folder).length > 0)) return;
  if (!isInsideRun()) return startDeliverer(run);
  const { deliverOnce } = await import('../on-demand/deliver-notices.ts');
  await deliverOnce(run.config);
}

function noticesFor({ job, config }: ReportedRun): Notices {
  return job?.notices ?? noticesOf(config.jobDefaults).notices;
}

/**
 * The failmail of the job; of `default_job_config`, for each failure, if the job's file has
 * problems.
 */
function failmailFor({ job, config }: ReportedRun): Failmail | undefined {
  const defaults = config.jobDefaults.failmail;
  const failmail =
    job === undefined
      ? defaults && { fromAddress: defaults.from_address, toAddress: defaults.to_address }
      : job.failmail;
  if (failmail === undefined) return undefined;
  return {
    from: failmail.fromAddress ?? `Fail Mail <${config.serviceUser.name}@${os.hostname()}>`,
    to: failmail.toAddress,
    after: Math.max(1, job?.failureThresholdForMail ?? 1),
  };
}

function common(run: ReportedRun) {
  const { job, config } = run;
  const { channels, after, skipThreshold } = noticesFor(run);
  return {
    ...{ slug: run.slug, run: run.run, trigger: run.trigger, channels, after },
    ...{ name: job?.name ?? run.slug, host: os.hostname() },
    ...defined({
      description: job?.description,
      skipThreshold,
      failmail: failmailFor(run),
      fromAddress: job?.failmail?.fromAddress ?? config.jobDefaults.failmail?.from_address,
    }),
  };
}

function endOf(run: ReportedRun, result: RunResult): QueuedRun {
  const { startedMs, endedMs, outcome, logPath, tail, warnings, paused } = result;
  return {
    ...common(run),
    ...{ phase: 'ended', startedMs, atMs: endedMs, outcome, tail, remarks: warnings },
    ...defined({ logPath, pause: paused }),
  };
}

/**
 * False for a run that is certainly no news: a job that succeeds each minute must not start a program
 * each time. The next queued run finds what was left out in the history.
 */
function mayBeNews(run: ReportedRun, result: RunResult): boolean {
  const { channels } = noticesFor(run);
  const failmail = failmailFor(run);
  const { outcome, interrupted } = result;
  if (channels.length === 0 && failmail === undefined) return false;
  if (outcome.kind === 'skipped' && ['paused', 'claimed', 'not-due'].includes(outcome.reason)) return false;
  if (interrupted.runs.length > 0 || hasRecovered(result)) return true;
  return (failmail !== undefined && isMailed(run, failmail, result)) || mayBeNewsForChannels(run, result);
}

function isMailed({ run }: ReportedRun, { after }: Failmail, { outcome, history }: RunResult): boolean {
  // A history that could not be written lacks this run.
  const isRecorded = history.runs.some((record) => record.run === run && record.outcome !== undefined);
  return statusOf(outcome) === 'failure' && mailedFailures(history.streak) + (isRecorded ? 0 : 1) >= after;
}

/** The run before has failed, and may have been killed before it was queued. */
function hasRecovered({ outcome, history }: RunResult): boolean {
  const before = history.runs.at(-2)?.outcome;
  return healthOf(outcome) === 'success' && before !== undefined && healthOf(before) === 'failure';
}

function mayBeNewsForChannels(run: ReportedRun, { outcome, warnings, history }: RunResult): boolean {
  const { channels } = noticesFor(run);
  const isWanted = (occasion: Occasion) => channels.some(({ on }) => on?.includes(occasion));
  if (channels.length === 0) return false;
  if (healthOf(outcome) === 'failure') return true;
  if (channels.some(({ on }) => on === undefined) || isWanted('success')) return true;
  if (outcome.kind === 'skipped') return isWanted('skipped') || isWanted('warning');
  // A program that could not queue anything may have recorded a missed tick.
  const latest = history.runs.slice(-10);
  const isDoubtful =
    warnings.length > 0 ||
    latest.at(-1)?.warning !== undefined ||
    latest.some((record) => record.outcome?.kind === 'missed');
  return (isDoubtful && isWanted('warning')) || hasIncident(run);
}

function hasIncident({ config, slug }: ReportedRun): boolean {
  return stateFiles(config.stateDirectory).read(noticeFolders.incidents, slug)?.includes('"incident":') ?? false;
}

/** One deliverer is enough: it looks at the queue again after it has released its lock. */
function startDeliverer({ config }: ReportedRun): void {
  const locks = realLocks(config, (warning) => say('run-job', warning));
  if (locks.holder(noticeLock) !== undefined) return;
  startBeside({ name: 'deliver-notices', configFile: config.namedFile, inherits: 'settings' });
}

function isInsideRun(): boolean {
  return process.env[runIdVariable] !== undefined;
}
