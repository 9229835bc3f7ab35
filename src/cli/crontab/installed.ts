/** Reads what cron has now: the crontab, once for all jobs, and whether a cron runs. */

import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { crontabLimitBytes, lookAtPresent } from '../../crontab/files.ts';
import { usersIn } from '../../crontab/line.ts';
import { readingSteps } from '../../crontab/reader.ts';
import type { Job } from '../../job/job.ts';
import type { CrontabPart } from '../../report/clock/crontab-part.ts';
import { type DaemonEvidence, schedulerName } from '../../report/clock/daemon.ts';
import {
  type ClockFacts,
  clockedJob,
  clockFacts,
  entriesIn,
  type Installed,
  type InstalledEntry,
  type InstalledLine,
} from '../../report/clock/installed.ts';
import { findCronDaemon } from '../../system/cron/daemon.ts';
import { userCrontab } from '../../system/cron/user-crontab.ts';
import { files } from '../../system/file/files.ts';
import { hostZone } from '../../system/time/zones.ts';
import { caller } from '../../system/user/caller.ts';
import { users } from '../../system/user/users.ts';
import { defined } from '../../text/defined.ts';
import { finished, type Steps } from '../../text/steps.ts';
import { realLocks } from '../frame/host.ts';
import { zoneOfCron } from './cron-zone.ts';
import { minutesTerm } from './generate.ts';
import { userCrontabName } from './install.ts';
import { schedulerFiles, schedulerLock } from './scheduler/files.ts';

const cronDirectory = '/etc/cron.d';

export function readInstalled(config: Config): Installed {
  return finished(installedSteps(config));
}

/** The same in steps of some lines each. */
export function* installedSteps(config: Config): Steps<Installed> {
  const scheduler = schedulerAtWork(config);
  const daemon = scheduler ?? daemonEvidence();
  const parts = scheduler ? [schedulersCrontab(config)] : config.embedded ? [ownCrontab()] : yield* filesOf(config);
  const [main = { part: emptyPart(config.outputCrontab, 'elsewhere') }] = parts;
  const lines = new Map<string, InstalledLine>();
  const common: { ensure?: CrontabPart; catchUp?: CrontabPart } = {};
  for (const { part, text = '', entries = entriesIn(text, part.kind === 'own' ? 'user' : 'system') } of parts)
    for (const entry of entries) {
      if (entry.is === 'ensure') common.ensure ??= part;
      if (entry.is === 'catch-up') common.catchUp ??= part;
      if (entry.is === 'job' && !lines.has(entry.slug)) lines.set(entry.slug, { ...entry, part });
    }
  return {
    main: main.part,
    lines,
    ...common,
    daemon,
    command: scheduler ? `kill -HUP ${scheduler.pid}` : installCommand(config),
    dueMinutes: rememberedMinutes(),
  };
}

type Running = Extract<DaemonEvidence, { is: 'running' }>;

/** The job-scheduler that starts these jobs, if there is one: then its lines count, and not those of cron. */
export function schedulerAtWork(config: Config): Running | undefined {
  const holder = realLocks(config, () => undefined).holder(schedulerLock);
  if (holder?.state !== 'running' || holder.wrapper === undefined) return undefined;
  const { wrapper, startedMs, isStopped } = holder;
  const more = defined({ sinceMs: startedMs });
  return { is: 'running', name: schedulerName, pid: wrapper.pid, stopped: isStopped === true, ...more };
}

function schedulersCrontab({ stateDirectory }: Config): Text {
  const { path: file, crontab } = schedulerFiles(stateDirectory);
  const facts = files.facts(file);
  const part = { ...emptyPart(file, 'scheduler'), ...defined({ facts }) };
  const text = crontab();
  return { part: { ...part, lineCount: text.split('\n').length - 1 }, text };
}

export function daemonEvidence(): DaemonEvidence {
  const found = findCronDaemon();
  const otherZone = zoneOfCron(found, hostZone());
  if (found.is === 'absent') return { is: 'absent', ...findStartCommand() };
  return found.is === 'running' && otherZone !== undefined ? { ...found, otherZone } : found;
}

/** The command that starts the installed cron daemon, or installs one. */
function findStartCommand(): { readonly start?: string } {
  const there = (file: string) => files.facts(files.resolve(file) ?? file) !== undefined;
  const name = ['cron', 'crond'].find((one) => there(`/usr/sbin/${one}`));
  if (name === undefined) return there('/usr/bin/apt-get') ? { start: 'sudo apt-get install cron' } : {};
  if (there('/run/systemd/system')) return { start: `sudo systemctl start ${name}` };
  return { start: there('/usr/sbin/service') ? `sudo service ${name} start` : `sudo /usr/sbin/${name}` };
}

/** Returns a reader of what is installed. The crontab is read once, at the first call, unless it is `known`. */
export function clockReader(config: Config, known?: Installed): ClockReader {
  const installed = () => {
    known ??= readInstalled(config);
    return known;
  };
  const clockOf = (job: Job) => clockFacts(clockedJob(job), installed());
  const installedMs = (slug: string) => installed().lines.get(slug)?.part.facts?.mtimeMs ?? 0;
  return Object.assign(clockOf, { installed, installedMs });
}

export interface ClockReader {
  (job: Job): ClockFacts;
  installed(): Installed;
  /** When the crontab with the job's line was written; 0 when that is not known. */
  installedMs(slug: string): number;
}

/** Thousands of jobs share a few schedules. */
function rememberedMinutes(): Installed['dueMinutes'] {
  const known = new Map<string, string>();
  return (schedule, timeZone) => {
    const key = `${schedule} ${timeZone}`;
    const minutes = known.get(key) ?? minutesTerm(schedule, timeZone);
    known.set(key, minutes);
    return minutes;
  };
}

/** The command that puts what the job files say into the crontab. */
export function installCommand({ embedded, namedFile, sources }: Config): string {
  const named = namedFile === undefined ? '' : ` --config ${sources[0] ?? namedFile}`;
  if (embedded) return `cron-generate --install${named}`;
  return `sudo cron-generate${named}`;
}

interface Text {
  readonly part: CrontabPart;
  readonly text?: string;
  /** The entries of the text, if they are known. */
  readonly entries?: readonly InstalledEntry[];
}

function emptyPart(file: string, kind: CrontabPart['kind']): CrontabPart {
  return { path: file, kind, lineCount: 0, faults: [], endsWithLineBreak: true, unknownUsers: [] };
}

/** The main file first, there or not, then its numbered parts. */
function* filesOf({ outputCrontab }: Config): Steps<readonly Text[]> {
  if (outputCrontab === 'console') return [{ part: emptyPart(outputCrontab, 'console') }];
  const file = path.resolve(outputCrontab);
  const kind = path.dirname(file) === cronDirectory ? 'cron.d' : 'elsewhere';
  const found: Text[] = [];
  for (const there of lookAtPresent(files, file, 0).files.values()) {
    const place = path.join(path.dirname(file), there.name);
    const facts = files.facts(files.resolve(place) ?? place);
    const part = { ...emptyPart(place, kind), ...defined({ facts }) };
    const content = there.is === 'no file' && facts?.kind === 'file' ? readTarget(place) : there;
    if (content.is === 'text') {
      const { entries, part: known } = yield* contentOf(place, content.text);
      found.push({ entries, part: { ...part, ...known }, text: content.text });
    } else found.push({ part: content.is === 'unreadable' ? { ...part, unreadable: content.reason } : part });
  }
  const isMain = ({ part }: Text) => part.path === file;
  const main = found.find(isMain) ?? { part: emptyPart(file, kind) };
  return [main, ...found.filter((one) => !isMain(one))];
}

/** The file to which a link leads: cron follows it, while cron-generate replaces no link. */
function readTarget(
  link: string,
): { readonly is: 'text'; readonly text: string } | { readonly is: 'unreadable'; readonly reason: string } {
  const read = files.readRegular(files.resolve(link) ?? link, { limitBytes: crontabLimitBytes });
  if (read.is === 'read') return { is: 'text', text: new TextDecoder().decode(read.bytes) };
  return { is: 'unreadable', reason: read.is === 'refused' ? read.reason : 'leads nowhere' };
}

interface Content {
  readonly text: string;
  readonly entries: readonly InstalledEntry[];
  readonly users: readonly string[];
  readonly part: Pick<CrontabPart, 'lineCount' | 'faults' | 'endsWithLineBreak'>;
}

/** The contents of the files as they were read last: a program that looks again and again reads a text of ten thousand lines once. */
const lastContents = new Map<string, Content>();

function* contentOf(
  place: string,
  text: string,
): Steps<Pick<Content, 'entries'> & { readonly part: Content['part'] & Pick<CrontabPart, 'unknownUsers'> }> {
  const last = lastContents.get(place);
  const content = last?.text === text ? last : yield* readContent(text);
  lastContents.set(place, content);
  const { entries, part } = content;
  return { entries, part: { ...part, unknownUsers: content.users.filter((name) => users.find(name) === undefined) } };
}

function* readContent(text: string): Steps<Content> {
  const { lines, problems } = yield* readingSteps(text);
  return {
    text,
    entries: [...entriesIn(text, 'system', lines)],
    users: usersIn(lines),
    part: {
      lineCount: text.split('\n').length - 1,
      faults: problems
        .filter(({ taken }) => !taken)
        .slice(0, 5)
        .map(({ line, message }) => `line ${line}: ${message}`),
      endsWithLineBreak: text === '' || text.endsWith('\n'),
    },
  };
}

/** The crontab of the caller as crontab(1) lists it; its lines name no user. */
function ownCrontab(): Text {
  const part = emptyPart(userCrontabName, 'own');
  const present = userCrontab.read();
  if (present.is === 'refused') return { part: { ...part, unreadable: present.reason } };
  if (present.is === 'none') return { part };
  const facts = { kind: 'file', uid: caller.euid, mode: 0o600, links: 1, mtimeMs: 0 } as const;
  return { part: { ...part, facts, lineCount: present.text.split('\n').length }, text: present.text };
}
