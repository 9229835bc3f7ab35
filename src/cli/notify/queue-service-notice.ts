/** Puts the messages about a service into the outbox and starts deliver-notices. */
import os from 'node:os';
import type { Config } from '../../config/config.ts';
import type { Entry } from '../../notify/outbox/entry.ts';
import { noticeFolders } from '../../notify/outbox/folders.ts';
import { unsavedFiles } from '../../notify/outbox/unsaved-files.ts';
import { serviceEntries } from '../../notify/service-entries.ts';
import type { ServiceReport } from '../../notify/text/service.ts';
import type { ServiceNotice } from '../../service/supervisor-host.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { wallTimeWithOffset } from '../../zone/wall-time.ts';
import { startBeside } from '../frame/start-program.ts';

/** Returns what went wrong, in words. `run` is the id of the supervisor's run. */
export async function queueServiceNotice(
  notice: ServiceNotice,
  run: string,
  config: Config,
): Promise<readonly string[]> {
  const files = stateFiles(config.stateDirectory, 0o600);
  const unsaved = unsavedFiles();
  const problems = entriesOf(notice, run, config).flatMap(([name, entry]) => {
    const written = files.write(noticeFolders.outbox, name, JSON.stringify(entry));
    if (written.ok) return [];
    unsaved.write(noticeFolders.outbox, name, JSON.stringify(entry));
    return [`a notice could not be kept, one attempt is made to send it: ${written.reason}`];
  });
  if (files.names(noticeFolders.outbox).length > 0) {
    // Wakes a deliverer that runs already: it watches this folder. A hidden file is no queued run.
    files.write(noticeFolders.queue, '.wake', '');
    startBeside({ name: 'deliver-notices', configFile: config.namedFile, inherits: 'settings' });
  }
  if (problems.length > 0) {
    const { deliverUnsaved } = await import('../on-demand/deliver-notices.ts');
    await deliverUnsaved(config, unsaved);
  }
  return problems;
}

function entriesOf(
  { job, what, state, lines, logPath, sinceMs }: ServiceNotice,
  run: string,
  config: Config,
): readonly (readonly [string, Entry])[] {
  const host = os.hostname();
  const report: ServiceReport = {
    ...{ slug: job.slug, name: job.name, host, what, state, lines },
    since: wallTimeWithOffset(sinceMs, hostZone()),
    ...defined({ description: job.description, logPath }),
  };
  const fromAddress = job.failmail?.fromAddress;
  const failmail = job.failmail && {
    from: fromAddress ?? `Fail Mail <${config.serviceUser.name}@${host}>`,
    to: job.failmail.toAddress,
  };
  return serviceEntries({
    ...{ report, run, sinceMs, atMs: Date.now(), channels: job.notices.channels },
    ...defined({ fromAddress, failmail }),
  });
}
