/** Tells of a run that is over: the programs' own log, failmail and notices. The lock is free by now, and nothing here changes the outcome. */
import os from 'node:os';
import { privateValues, withoutValues } from '../../job/private-values.ts';
import { dueFailmail, type Failmail } from '../../notify/failmail.ts';
import { type RunReport, reportRun } from '../../notify/report.ts';
import { mailedFailures } from '../../run/history/history.ts';
import { type RunResult, writeEvent } from '../../run/history/record.ts';
import { exitCodes, type Outcome, outcomeWords, statusOf } from '../../run/outcome/outcome.ts';
import { files } from '../../system/file/files.ts';
import { noteInLog } from '../../system/log-files/log-note.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import type { OwnLog } from '../../system/types/own-log.ts';
import { realHistory } from '../frame/host.ts';
import { type NotedRun, noteEnd } from './leave-note.ts';

export type RunTold = NotedRun;

export async function tellOfRun(result: RunResult, told: RunTold): Promise<void> {
  const log = createOwnLog({
    settings: told.config.logging,
    byTheClock: told.trigger.by === 'clock',
    load: () => import('../on-demand/winston-log.ts'),
  });
  noteRun(result, told, log);
  for (const { report, failmail } of dueMails(result, told)) {
    const { sendFailmail } = await import('../on-demand/send-failmail.ts');
    const sent = await sendFailmail(report, failmail, told.config.mail);
    if (sent.ok) continue;
    log.note('error', `${told.slug}: failmail could not be sent: ${sent.reason}`);
    if (report.logPath !== undefined) noteInLog(report.logPath, `failmail could not be sent: ${sent.reason}`);
    const event = { event: 'notice-failed', run: report.runId, channel: 'failmail', reason: sent.reason } as const;
    writeEvent(told.slug, { history: realHistory(told.config) }, { ...event, atMs: Date.now() });
  }
  await noteEnd(told, result, log);
  await log.close();
}

/** More people read syslog than a private job file. */
function noteRun({ outcome, warnings, logPath }: RunResult, { slug, run, job }: RunTold, log: OwnLog): void {
  const values = job === undefined ? [] : privateValues(job, files);
  const level = statusOf(outcome) === 'failure' ? 'error' : 'info';
  const fields = { job: slug, run, ...(logPath === undefined ? {} : { log: logPath }) };
  log.note(level, `${slug} ${withoutValues(outcomeWords(outcome), values)}`, fields);
  for (const warning of warnings) log.note('warn', `${slug}: ${warning}`, { job: slug, run });
}

interface DueMail {
  readonly report: RunReport;
  readonly failmail: Failmail;
}

/** This run when it failed, and before it what it found interrupted: a run that died with the machine could not tell of itself. */
function dueMails(result: RunResult, told: RunTold): readonly DueMail[] {
  const { outcome, history, interrupted } = result;
  const failed = statusOf(outcome) === 'failure' && !isToldAlready(result);
  return [
    ...(interrupted.runs.length > 0 ? mailAbout(interruptedResult(result), told, interrupted.runs.at(-1)?.run) : []),
    ...(failed ? mailAbout({ ...result, history }, told, told.run) : []),
  ];
}

function mailAbout(result: RunResult, told: RunTold, run = told.run): readonly DueMail[] {
  const failmail = failmailOf(told, mailedFailures(result.history.streak));
  if (failmail === undefined) return [];
  const { slug, job, trigger } = told;
  const named = {
    slug,
    name: job?.name ?? slug,
    ...(job?.description === undefined ? {} : { description: job.description }),
  };
  return [{ failmail, report: reportRun({ job: named, run, trigger, host: os.hostname() }, result) }];
}

/** As the last of the dead runs would have told it. */
function interruptedResult({ interrupted, history, startedMs }: RunResult): RunResult {
  const dead = interrupted.runs.at(-1);
  return {
    outcome: { kind: 'interrupted' },
    exitCode: exitCodes.internal,
    startedMs: dead?.startedMs ?? startedMs,
    endedMs: startedMs,
    history: { ...history, streak: interrupted.streak },
    tail: '',
    warnings: [],
    interrupted: { runs: [], streak: interrupted.streak },
    ...(dead?.logPath === undefined ? {} : { logPath: dead.logPath }),
  };
}

/** A file with problems is told once and not at every tick until somebody has mended it. */
function isToldAlready({ outcome, history }: RunResult): boolean {
  const isConfiguration = (o: Outcome | undefined) => o?.kind === 'not-started' && o.code === exitCodes.configuration;
  return isConfiguration(outcome) && isConfiguration(history.runs.at(-2)?.outcome);
}

/** A job whose file can't be read is told to whom the defaults say. */
function failmailOf({ config, job }: RunTold, failures: number): Failmail | undefined {
  if (job !== undefined) return dueFailmail(job, failures);
  const defaults = config.jobDefaults.failmail;
  if (defaults === undefined) return undefined;
  const { from_address: fromAddress, to_address: toAddress } = defaults;
  return { toAddress, ...(fromAddress === undefined ? {} : { fromAddress }) };
}
