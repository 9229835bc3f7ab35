/** Tells of a run that is over: the programs' own log and failmail. The lock is free by now, and nothing here changes the outcome. */
import os from 'node:os';
import type { Config } from '../../config/config.ts';
import type { Job } from '../../job/job.ts';
import { dueFailmail } from '../../notify/failmail.ts';
import type { RunReport } from '../../notify/message.ts';
import { triggerWords } from '../../report/history-text.ts';
import type { Streak, Trigger } from '../../run/event.ts';
import { exitCodes, type Outcome, outcomeWords, statusOf } from '../../run/outcome.ts';
import { type RunResult, writeEvent } from '../../run/record.ts';
import { createOwnLog } from '../../system/own-log.ts';
import type { OwnLog } from '../../system/system.ts';
import { realHistory } from './machine.ts';

export interface RunTold {
  readonly config: Config;
  readonly slug: string;
  readonly run: string;
  readonly trigger: Trigger;
  /** Absent when its file has problems. */
  readonly job?: Job;
}

export async function tellOfRun(result: RunResult, told: RunTold): Promise<void> {
  const log = createOwnLog({
    settings: told.config.logging,
    byTheClock: told.trigger.by === 'clock',
    load: () => import('../winston-log.ts'),
  });
  noteRun(result, told, log);
  for (const report of dueReports(result, told)) {
    const reason = await mail(report, told);
    if (reason === undefined) continue;
    log.note('error', `${told.slug}: failmail could not be sent: ${reason}`);
    const atMs = Date.now();
    writeEvent(
      told.slug,
      { history: realHistory(told.config) },
      { event: 'notice-failed', run: told.run, atMs, channel: 'failmail', reason },
    );
  }
  await log.close();
}

function noteRun({ outcome, troubles, logPath }: RunResult, { slug, run }: RunTold, log: OwnLog): void {
  const level = statusOf(outcome) === 'failure' ? 'error' : 'info';
  log.note(level, `${slug} ${outcomeWords(outcome)}`, {
    job: slug,
    run,
    ...(logPath === undefined ? {} : { log: logPath }),
  });
  for (const trouble of troubles) log.note('warning', `${slug}: ${trouble}`, { job: slug, run });
}

/** This run when it failed, and before it what it found interrupted: a run that died with the machine could not tell of itself. */
function dueReports(result: RunResult, told: RunTold): readonly RunReport[] {
  const { outcome, history, interrupted } = result;
  const reports: RunReport[] = [];
  const dead = interrupted.runs.at(-1);
  if (dead !== undefined && failmailOf(told, interrupted.streak.failures) !== undefined) {
    const died: Outcome = { kind: 'interrupted' };
    const { run, startedMs, logPath } = dead;
    reports.push(
      reportOf(told, {
        run,
        outcome: died,
        startedMs,
        endedMs: result.startedMs,
        streak: interrupted.streak,
        tail: '',
        logPath,
      }),
    );
  }
  const failed = statusOf(outcome) === 'failure' && !isToldAlready(result);
  if (failed && failmailOf(told, history.streak.failures) !== undefined) {
    reports.push(reportOf(told, { ...result, run: told.run, streak: history.streak }));
  }
  return reports;
}

/** A file with problems is told once and not at every tick until somebody has mended it. */
function isToldAlready({ outcome, history }: RunResult): boolean {
  const isConfiguration = (o: Outcome | undefined) => o?.kind === 'not-started' && o.code === exitCodes.configuration;
  return isConfiguration(outcome) && isConfiguration(history.runs.at(-2)?.outcome);
}

/** A job whose file can't be read is told to whom the defaults say. */
function failmailOf({ config, job }: RunTold, failures: number): Job['failmail'] {
  if (job !== undefined)
    return dueFailmail({ failmail: job.failmail, failureThreshold: job.failureThresholdForMail }, failures);
  const defaults = config.jobDefaults.failmail;
  if (defaults === undefined) return undefined;
  const { from_address: fromAddress, to_address: toAddress } = defaults;
  return { toAddress, ...(fromAddress === undefined ? {} : { fromAddress }) };
}

interface Told {
  readonly run: string;
  readonly outcome: Outcome;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly streak: Streak;
  readonly tail: string;
  readonly logPath?: string | undefined;
}

function reportOf({ slug, job, trigger }: RunTold, told: Told): RunReport {
  const { outcome, run, startedMs, endedMs, streak, tail, logPath } = told;
  return {
    slug,
    name: job?.name ?? slug,
    ...(job?.description === undefined ? {} : { description: job.description }),
    host: os.hostname(),
    outcome: outcomeWords(outcome),
    trigger: triggerWords(trigger) ?? '',
    runId: run,
    startedMs,
    endedMs,
    failuresInARow: streak.failures,
    failingSinceMs: streak.failingSinceMs ?? endedMs,
    ...(streak.lastSuccessMs === undefined ? {} : { lastSuccessMs: streak.lastSuccessMs }),
    tail,
    ...(logPath === undefined ? {} : { logPath }),
  };
}

async function mail(report: RunReport, told: RunTold): Promise<string | undefined> {
  const failmail = failmailOf(told, report.failuresInARow);
  if (failmail === undefined) return undefined;
  const { sendFailmail } = await import('../send-failmail.ts');
  const fromAddress = failmail.fromAddress ?? `${told.config.serviceUser.name}@${os.hostname()}`;
  const sent = await sendFailmail(report, { fromAddress, toAddress: failmail.toAddress }, told.config.mail);
  return sent.ok ? undefined : sent.reason;
}
