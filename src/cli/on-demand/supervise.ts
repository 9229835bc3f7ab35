/**
 * run-job of a service: becomes its supervisor, unless it has one or should be down. Loaded only
 * then.
 */
import { mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { isService, type Job, type ServiceJob } from '../../job/job.ts';
import { loadJob } from '../../job/load.ts';
import { privateValues } from '../../job/private-values.ts';
import { collisionWords } from '../../run/lock/collision.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import type { RunHost } from '../../run/run.ts';
import { desiredFolder, readDesired, requestWords } from '../../service/desired.ts';
import { supervise } from '../../service/supervise.ts';
import type { SupervisorHost } from '../../service/supervisor-host.ts';
import { takeOver } from '../../service/take-over.ts';
import { changes } from '../../system/file/changes.ts';
import { files } from '../../system/file/files.ts';
import { sha256 } from '../../system/file/hash.ts';
import { randomUuid } from '../../system/file/random.ts';
import { createOwnLog } from '../../system/own-log/own-log.ts';
import { bootId } from '../../system/process/proc.ts';
import { serviceLogs } from '../../system/run-log/service-logs.ts';
import { pidFiles } from '../../system/service/pid-files.ts';
import { hostPorts } from '../../system/service/ports.ts';
import { probes } from '../../system/service/probes.ts';
import { instanceFolders } from '../../system/state/instance-folders.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import type { OwnLog } from '../../system/types/own-log.ts';
import type { Result } from '../../text/problem.ts';
import { fixedWorld } from '../frame/fixed-world.ts';
import { realHistory } from '../frame/host.ts';
import { say } from '../frame/output.ts';
import { privateHistory, privateState } from '../frame/private-records.ts';
import { refuse } from '../frame/refuse.ts';
import { queueServiceNotice } from '../notify/queue-service-notice.ts';

const program = 'run-job';

export interface SuperviseOrder {
  readonly job: ServiceJob;
  readonly run: string;
  readonly config: Config;
  readonly byTheClock: boolean;
  readonly host: RunHost;
}

export async function superviseService(order: SuperviseOrder): Promise<number> {
  const { job, run, config, host } = order;
  const state = stateFiles(config.stateDirectory);
  const { service } = readDesired(state, job.slug);
  if (service.state === 'down' || !job.enabled) {
    const stopped = `stopped${service.decision === undefined ? '' : ` ${requestWords(service.decision, host.formatTime)}`}`;
    const why = job.enabled ? `${stopped}; jobctl start ${job.slug}` : 'disabled in its file';
    if (!order.byTheClock) say(program, `${job.slug} is ${why}`);
    return 0;
  }
  const graceMs = job.service.stopSeconds * 1000;
  const taken = await takeOver({ slug: job.slug, run, graceMs }, { ...host, state, boot: bootId() });
  switch (taken.is) {
    case 'busy':
      if (taken.holder.state === 'running') {
        if (!order.byTheClock) say(program, `${job.slug} has a supervisor; jobctl status ${job.slug}`);
        return 0;
      }
      return refuse(
        program,
        `${job.slug} can't be supervised: ${collisionWords(taken, host.clock.nowMs())}`,
        exitCodes.skipped,
      );
    case 'unavailable':
      return refuse(program, `${job.slug} can't be supervised: ${taken.stage}: ${taken.reason}`, exitCodes.internal);
    case 'held':
      break;
    default:
      return taken satisfies never;
  }
  const log = createOwnLog({
    settings: config.logging,
    byTheClock: order.byTheClock,
    load: () => import('./winston-log.ts'),
  });
  if (taken.swept) log.note('warn', `${job.slug}: remaining processes of its last supervisor were ended first`);
  const notices = new Set<Promise<void>>();
  try {
    const seats = config.fleet === undefined ? undefined : await import('./pool-seat.ts');
    const seating = await seatingOf(order, log);
    if (seating?.is === 'refused') return refuse(program, seating.reason, exitCodes.configuration);
    const supervisor = supervisorHost(order, log, notices, seats?.seatedHere);
    const end = await supervise(
      { job, run, lock: taken.lock },
      { ...supervisor, ...(seating !== undefined && { openSeating: seating.open }) },
    );
    seating?.close();
    return end.is === 'down' ? 0 : signalBase + end.signal;
  } finally {
    await taken.lock.release();
    await lastNotices(order, notices, log);
    await log.close();
  }
}

/** Only services over a pool load what is needed for them. */
async function seatingOf({ job, run, config }: SuperviseOrder, log: OwnLog) {
  if (job.pool?.slots === undefined) return undefined;
  const { openSlots } = await import('../run/on-demand/service-slots.ts');
  return openSlots({ job, run, config, say: (level, words) => log.note(level, words, { job: job.slug }) });
}

const lastNoticesMs = 30_000;

/** A mail that is on its way when the service ends: the process would end in its middle. */
async function lastNotices(
  { job, host }: SuperviseOrder,
  notices: ReadonlySet<Promise<void>>,
  log: OwnLog,
): Promise<void> {
  if (notices.size === 0) return;
  const limit = new Promise<void>((resolve) => host.clock.after(lastNoticesMs, resolve));
  await Promise.race([Promise.all(notices), limit]);
  if (notices.size > 0) log.note('error', `${job.slug}: its supervisor has ended before a notice went out`);
}

const signalBase = 128;

function supervisorHost(
  { job, run, config, host }: SuperviseOrder,
  log: OwnLog,
  notices: Set<Promise<void>>,
  onThisHost: (loaded: Result<Job>, config: Config) => Result<Job> = (loaded) => loaded,
): SupervisorHost {
  const { stateDirectory, jobDirectory, portRange, runDirectory } = config;
  // There to be watched before the first record is written.
  mkdirSync(path.join(stateDirectory, desiredFolder), { recursive: true, mode: 0o755 });
  const note = (level: 'info' | 'warn' | 'error', words: string) => log.note(level, words, { job: job.slug });
  let values = privateValues(job, files);
  return {
    ...host,
    history: privateHistory(realHistory(config), () => values),
    probes,
    pidFiles,
    changes,
    state: privateState(stateFiles(stateDirectory), () => values),
    ports: hostPorts(runDirectory),
    folders: instanceFolders(stateDirectory),
    serviceLogs: serviceLogs({
      ...config,
      clock: host.clock,
      handedPipes: undefined,
      mirrorTo: { stdout: 1, stderr: 2 },
    }),
    fixed: fixedWorld(config),
    hostName: os.hostname(),
    boot: bootId(),
    random: randomUuid,
    places: { jobDirectory, stateDirectory, portRange },
    loadJob() {
      const loaded = loadJob(job.slug, config, { files, sha256 });
      const here = loaded && onThisHost(loaded, config);
      if (here === undefined || !here.ok) return here;
      values = privateValues(here.value, files);
      return { ...here, value: isService(here.value) ? here.value : 'no service' };
    },
    say: note,
    send(notice) {
      const queued = queueServiceNotice(notice, run, config)
        .then((warnings) => {
          for (const warning of warnings) note('error', `${job.slug}: ${warning}`);
        })
        // The service must stay up, whatever goes wrong with a notice.
        .catch((error: unknown) => note('error', `${job.slug}: the notice could not be queued: ${String(error)}`))
        .finally(() => notices.delete(queued));
      notices.add(queued);
    },
  };
}
