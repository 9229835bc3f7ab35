/** Gathers what this host knows about one tick of one job; only looks. */
import type { Config } from '../../config/config.ts';
import type { FleetEvidence } from '../../fleet/overview/job-evidence.ts';
import type { Seated } from '../../fleet/seat.ts';
import { jobPath } from '../../job/folder.ts';
import type { Job } from '../../job/job.ts';
import type { CommandForms } from '../../report/advice.ts';
import { clockedJob, clockFacts, type Installed } from '../../report/clock/installed.ts';
import { snapshotRun } from '../../report/latest-runs.ts';
import type { AnySnapshot } from '../../report/text/job.ts';
import { cronLogLines } from '../../report/why/cron-log.ts';
import type { CronLogEvidence, Evidence } from '../../report/why/evidence.ts';
import { pausesIn } from '../../report/why/fleet/fleet.ts';
import { firesAt, lineInstead, startsOf, ticksInQuestion } from '../../report/why/ticks.ts';
import { hiddenIn } from '../../run/history/history.ts';
import { readHistory } from '../../run/history/record.ts';
import type { RunRecord } from '../../run/history/run-record.ts';
import { nextLockName } from '../../run/lock/take-lock.ts';
import { isAbout, type PausableJob, type Pause } from '../../run/pause/pause.ts';
import { standIns } from '../../run/tick/stand-in.ts';
import type { Scheduled } from '../../schedule/ticks.ts';
import { readSystemLog } from '../../system/cron/system-log.ts';
import { asUser } from '../../system/file/as-user.ts';
import { files } from '../../system/file/files.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { tickClaims } from '../../system/state/tick-claims.ts';
import { bootTimeMs, suspendedMs } from '../../system/time/boot-time.ts';
import { clock } from '../../system/time/clock.ts';
import { users } from '../../system/user/users.ts';
import { defined } from '../../text/defined.ts';
import { formatProblem, type Result } from '../../text/problem.ts';
import { dayMs, minuteMs, type Zone, type Zones } from '../../zone/zone.ts';
import { realHistory, realLocks } from '../frame/host.ts';
import { delayOf } from '../frame/splay.ts';
import { hostZones } from '../frame/zones.ts';
import { crontabEvidence } from './crontab-evidence.ts';
import { runnerProblem, serviceAccountEnd, stateProblem } from './host-evidence.ts';
import { pausesOf } from './pauses.ts';
import { unreadableRecords } from './unreadable.ts';

export interface EvidenceOrder {
  readonly slug: string;
  readonly loaded: Result<Seated<Job>> | undefined;
  readonly config: Config;
  readonly snapshot: AnySnapshot | undefined;
  readonly askedMs?: number;
  readonly installed: Installed;
  readonly forms: CommandForms;
  /** Present if the hosts of a pool claim its ticks. */
  readonly fleet?: FleetEvidence;
  /** Reads what cron has logged; by default also from the journal, by its program. */
  readonly systemLog?: typeof readSystemLog;
}

export function gatherEvidence(order: EvidenceOrder): Evidence {
  const { slug, loaded, config, askedMs, installed, forms, snapshot } = order;
  const nowMs = clock.nowMs();
  const zones = hostZones(config.stateDirectory);
  const zone = zones.host;
  const job = loaded?.ok ? loaded.value : undefined;
  const delayMs = job === undefined ? 0 : delayOf(job);
  const crontab = crontabEvidence(slug, job, order);
  // A file with problems can't tell when it is due; the line that cron has can.
  const facts = job === undefined ? undefined : clockFacts(clockedJob(job), installed);
  const ofLine = askedMs === undefined || job?.schedule === undefined || !job.enabled ? lineInstead(facts) : undefined;
  const scheduled = ofLine !== undefined ? startsOf(crontab.line) : (job ?? startsOf(crontab.line));
  const overdue = snapshot !== undefined && 'overdue' in snapshot ? snapshot.overdue : undefined;
  const ticks = ticksInQuestion(scheduled, { nowMs, zones, delayMs, overdue, ...defined({ askedMs }) });
  const { tickMs } = ticks;
  const history = asUser(config.serviceUser, () => readHistory(slug, { history: realHistory(config) }));
  const locks = realLocks(config, () => undefined);
  const holder = locks.holder(slug);
  const next = locks.holder(nextLockName(slug));
  const claim = tickMs === undefined ? undefined : tickClaims(config.stateDirectory).find(slug, tickMs);
  const momentMs = tickMs ?? askedMs ?? nowMs;
  return {
    ...{ slug, nowMs, hostZone: zone, forms },
    ...defined({ seen: snapshot, clock: facts, askedMs, fleet: order.fleet }),
    file: fileEvidence(slug, loaded, config),
    ...defined({ job: job && jobEvidence(job, delayMs) }),
    ticks: { ...ticks, ...defined({ ofLine }) },
    ...defined({ claim }),
    pauses: pausesAbout({ slug, tags: job?.tags ?? [] }, order),
    steered: history.steered ?? [],
    ...countUnreadable({ slug, tags: job?.tags ?? [] }, history.unreadable, config),
    ...defined({ historyHidden: job?.service === undefined ? hiddenIn(history) : history.hidden }),
    runs: withStandIn(history.runs, { slug, scheduled, zones, ticks, config }).map((run) =>
      snapshotRun(run, holder, next),
    ),
    ...defined({ holder }),
    crontab: { ...crontab, ...firesAt(crontab.line, tickMs, zones) },
    daemon: installed.daemon,
    user: userEvidence(config),
    runner: runnerEvidence(installed.lines.get(slug)?.program ?? config.runnerPath, config),
    state: { path: config.stateDirectory, ...problemOf(stateProblem(config)) },
    machine: { bootMs: bootTimeMs(), suspendedMs: suspendedMs() },
    cronLog: cronLog(
      { momentMs, writtenMs: crontab.facts?.mtimeMs ?? momentMs, nowMs, zone },
      order.systemLog ?? readSystemLog,
    ),
  };
}

/** A pause by tag is in a file of this host and in the fleet. */
function pausesAbout(job: PausableJob, { config, fleet }: EvidenceOrder): readonly Pause[] {
  const here = pausesOf(config).pauses.filter(({ target }) => isAbout(target, job));
  const known = new Set(here.map(({ target }) => JSON.stringify(target)));
  return [...here, ...pausesIn(fleet).filter(({ target }) => !known.has(JSON.stringify(target)))];
}

interface StandInQuestion {
  readonly slug: string;
  readonly scheduled: Scheduled;
  readonly zones: Zones;
  readonly ticks: Evidence['ticks'];
  readonly config: Config;
}

/**
 * Takes a start by a cron of another time zone for the tick that it stands for, also before that is
 * on record.
 */
function withStandIn(runs: readonly RunRecord[], question: StandInQuestion): readonly RunRecord[] {
  const { slug, scheduled, zones, ticks, config } = question;
  const { tickMs } = ticks;
  if (tickMs === undefined || runs.some(({ tick }) => tick?.tickMs === tickMs)) return runs;
  const history = realHistory(config).read(slug);
  const start = standIns({ ...scheduled, slug }, history, zones)(tickMs);
  return start === undefined ? runs : runs.map((run) => (run.run === start.run ? { ...run, tick: { tickMs } } : run));
}

/** `path` is what the line calls, which need not be what the configuration says by now. */
function runnerEvidence(path: string, { serviceUser }: Config): Evidence['runner'] {
  return { path, ...problemOf(runnerProblem(path, serviceUser)) };
}

function problemOf(words: string | undefined): { readonly objection?: string } {
  return words === undefined ? {} : { objection: words };
}

function fileEvidence(slug: string, loaded: Result<Job> | undefined, config: Config): Evidence['file'] {
  const file = jobPath(slug, config);
  const changedMs = files.facts(file)?.ctimeMs;
  const changed = changedMs === undefined ? {} : { changedMs };
  if (loaded === undefined) return { path: file, is: 'absent', problems: [] };
  if (loaded.ok) return { path: file, is: 'good', problems: [], ...changed };
  const errors = loaded.problems.filter(({ severity }) => severity === 'error');
  return { path: file, is: 'broken', problems: errors.map(formatProblem), ...changed };
}

function jobEvidence(
  { schedule, timing, enabled, service, seat }: Seated<Job>,
  delayMs: number,
): NonNullable<Evidence['job']> {
  const { timeZone, startDeadlineSeconds, catchUp } = timing;
  return {
    ...(schedule !== undefined && { schedule: schedule.written }),
    ...defined({ timeZone, startDeadlineSeconds, seat }),
    ...(service !== undefined && { isService: true as const }),
    ...{ enabled, delayMs, catchUp },
  };
}

function userEvidence(config: Config): Evidence['user'] {
  const { name, home } = config.serviceUser;
  const homeExists = files.facts(files.resolve(home) ?? home)?.kind === 'directory';
  const end = serviceAccountEnd(config);
  return { name, exists: users.find(name) !== undefined, home, homeExists, ...defined({ end }) };
}

interface LogQuestion {
  readonly momentMs: number;
  readonly writtenMs: number;
  readonly nowMs: number;
  readonly zone: Zone;
}

/**
 * Reads the log from the tick, or from when the crontab was written if that was earlier, to some
 * hours later; at most a week.
 */
function cronLog({ momentMs, writtenMs, nowMs, zone }: LogQuestion, read: typeof readSystemLog): CronLogEvidence {
  const hoursMs = 4 * 60 * minuteMs;
  const fromMs = Math.max(Math.min(momentMs - hoursMs, writtenMs - minuteMs), momentMs - 7 * dayMs);
  const untilMs = Math.min(nowMs, momentMs + hoursMs);
  if (fromMs >= untilMs) return { missing: 'it is still to come', lines: [] };
  const answer = read({ fromMs, untilMs });
  if (answer.is === 'missing') return { missing: answer.reason, lines: [] };
  return { source: answer.source, lines: cronLogLines(answer.text, { fromMs, untilMs, hostZone: zone }) };
}

function countUnreadable(
  job: { readonly slug: string; readonly tags: readonly string[] },
  events: number | undefined,
  config: Config,
): Pick<Evidence, 'unreadable'> {
  const count = (events ?? 0) + unreadableRecords(stateFiles(config.stateDirectory), pausesOf(config).hidden)(job);
  return count === 0 ? {} : { unreadable: count };
}
