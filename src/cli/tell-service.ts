/** Loaded by a supervisor when people must hear of its service: failmail is sent, messages for channels are left to deliver-notices. */
import os, { userInfo } from 'node:os';
import type { Config } from '../config/config.ts';
import { noticeFolders } from '../notify/note-folders.ts';
import { serviceEntries } from '../notify/service-entries.ts';
import { type ServiceReport, serviceMessage } from '../notify/service-message.ts';
import { wallTimeWithOffset } from '../schedule/wall-time.ts';
import type { ServiceNotice } from '../service/supervisor-machine.ts';
import { createMailer, usualRoute } from '../system/mailer.ts';
import { stateFiles } from '../system/state-files.ts';
import { hostZone } from '../system/zones.ts';
import { startBeside } from './parts/start-beside.ts';

/** Never throws; what went wrong, in words. */
export async function tellOfService(notice: ServiceNotice, run: string, config: Config): Promise<readonly string[]> {
  const { job, what, state, lines, logPath } = notice;
  const report: ServiceReport = {
    ...{ slug: job.slug, name: job.name, host: os.hostname(), what, state, lines },
    since: wallTimeWithOffset(notice.sinceMs, hostZone()),
    ...(job.description !== undefined && { description: job.description }),
    ...(logPath !== undefined && { logPath }),
  };
  return [...leaveEntries(notice, report, { run, config }), ...(await sendFailmail(notice, report, config))];
}

/** They wait in the outbox until they are through, also when this supervisor is gone. */
function leaveEntries(
  { job, sinceMs }: ServiceNotice,
  report: ServiceReport,
  { run, config }: { readonly run: string; readonly config: Config },
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
  startBeside('deliver-notices', config);
  return troubles;
}

async function sendFailmail(
  { job }: ServiceNotice,
  report: ServiceReport,
  { mail }: Config,
): Promise<readonly string[]> {
  if (job.failmail === undefined) return [];
  try {
    const from = job.failmail.fromAddress ?? `Fail Mail <${userInfo().username}@${report.host}>`;
    const sent = await createMailer(mail ?? usualRoute()).send({
      from,
      to: job.failmail.toAddress,
      ...serviceMessage(report),
    });
    return sent.ok ? [] : [`failmail could not be sent: ${sent.reason}`];
  } catch (error) {
    return [`failmail could not be sent: ${(error as Error).message}`];
  }
}
