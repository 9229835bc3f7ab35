/** Loaded by a supervisor when people must hear of its service: failmail is sent, messages for channels are left to deliver-notices. */
import os, { userInfo } from 'node:os';
import type { Config } from '../../config/config.ts';
import { noticeFolders } from '../../notify/outbox/note-folders.ts';
import { serviceEntries } from '../../notify/service-entries.ts';
import { type ServiceReport, serviceMessage } from '../../notify/text/service.ts';
import { writeEvent } from '../../run/history/record.ts';
import type { ServiceJob } from '../../service/instance/live-instance.ts';
import type { ServiceNotice } from '../../service/supervisor-host.ts';
import { noteInLog } from '../../system/log-files/log-note.ts';
import { createMailer, usualRoute } from '../../system/message/mailer.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { hostZone } from '../../system/time/zones.ts';
import type { Delivery } from '../../system/types/message.ts';
import { wallTimeWithOffset } from '../../zone/wall-time.ts';
import { realHistory } from '../frame/host.ts';
import { startBeside } from '../frame/start-program.ts';

/** Never throws; what went wrong, in words. */
export async function tellOfService(notice: ServiceNotice, run: string, config: Config): Promise<readonly string[]> {
  const { job, what, state, lines, logPath } = notice;
  const report: ServiceReport = {
    ...{ slug: job.slug, name: job.name, host: os.hostname(), what, state, lines },
    since: wallTimeWithOffset(notice.sinceMs, hostZone()),
    ...(job.description !== undefined && { description: job.description }),
    ...(logPath !== undefined && { logPath }),
  };
  return [...leaveEntries(notice, report, { run, config }), ...(await tellByFailmail(notice, report, { run, config }))];
}

interface Telling {
  /** Of the supervisor. */
  readonly run: string;
  readonly config: Config;
}

/** They wait in the outbox until they are through, also when this supervisor is gone. */
function leaveEntries(
  { job, sinceMs }: ServiceNotice,
  report: ServiceReport,
  { run, config }: Telling,
): readonly string[] {
  const fromAddress = job.failmail?.fromAddress;
  const told = { report, run, sinceMs, atMs: Date.now(), channels: job.notices.channels };
  const entries = serviceEntries({ ...told, ...(fromAddress !== undefined && { fromAddress }) });
  if (entries.length === 0) return [];
  const spool = stateFiles(config.stateDirectory, 0o600);
  const troubles = entries.flatMap(([name, entry]) => {
    const written = spool.write(noticeFolders.outbox, name, JSON.stringify(entry));
    return written.ok ? [] : [`a notice could not be kept: ${written.reason}`];
  });
  // Who delivers already looks again when something happens in this folder; a hidden name is no note.
  spool.write(noticeFolders.notes, '.wake', '');
  startBeside({ name: 'deliver-notices', configFile: config.namedFile, inherits: 'settings' });
  return troubles;
}

/** What became of it stands in the history, and a failure in the log of the instance too. */
async function tellByFailmail(
  { job }: ServiceNotice,
  report: ServiceReport,
  { run, config }: Telling,
): Promise<readonly string[]> {
  if (job.failmail === undefined) return [];
  const sent = await sendFailmail(job.failmail, report, config);
  const channel = { run, channel: 'failmail', atMs: Date.now() };
  const event = sent.ok
    ? ({ event: 'notice-delivered', ...channel } as const)
    : ({ event: 'notice-failed', ...channel, reason: sent.reason } as const);
  const troubles = writeEvent(job.slug, { history: realHistory(config) }, event);
  if (sent.ok) return troubles;
  const words = `failmail could not be sent: ${sent.reason}`;
  if (report.logPath !== undefined) noteInLog(report.logPath, words);
  return [...troubles, words];
}

async function sendFailmail(
  { fromAddress, toAddress: to }: NonNullable<ServiceJob['failmail']>,
  report: ServiceReport,
  { mail }: Config,
): Promise<Delivery> {
  try {
    const from = fromAddress ?? `Fail Mail <${userInfo().username}@${report.host}>`;
    return await createMailer(mail ?? usualRoute()).send({ from, to, ...serviceMessage(report) });
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
