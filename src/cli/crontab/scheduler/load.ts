/**
 * The lines of job-scheduler, made as cron-generate makes its crontab. They are made again when a
 * job file, the configuration or the host's zone has changed.
 */
import type { Config } from '../../../config/config.ts';
import { type Crontab, composeCrontab } from '../../../crontab/crontab.ts';
import { crontabFrame } from '../../../crontab/frame.ts';
import { changesText, compareLines, timingsAfter, timingsBefore } from '../../../crontab/report.ts';
import { readTable, type Table } from '../../../crontab/scheduler/table.ts';
import { jobPath, listJobFiles } from '../../../job/folder.ts';
import { files } from '../../../system/file/files.ts';
import { clock } from '../../../system/time/clock.ts';
import { hostZoneDigest } from '../../../system/time/zone-digests.ts';
import { caller } from '../../../system/user/caller.ts';
import type { Problem } from '../../../text/problem.ts';
import { loadSetting } from '../../frame/setting.ts';
import { minutesTerm } from '../generate.ts';
import { loadAllJobs } from '../known-jobs.ts';
import { presentOf } from './files.ts';

export interface Lines {
  readonly config: Config;
  /** The crontab as text. */
  readonly text: string;
  readonly table: Table;
}

export interface Loading {
  /** Absent when nothing could be loaded: the lines of before go on. */
  readonly lines?: Lines;
  readonly problems: readonly Problem[];
  /** The changes of the lines, in words; absent when there are none. */
  readonly changes?: string;
}

/** `before` is the crontab until now. */
export function loadLines(configFile: string | undefined, before: string): Loading {
  const setting = loadSetting(configFile);
  if (!setting.ok) return { problems: setting.problems };
  const { value: config, warnings } = setting;
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return { problems: frame.problems };
  const { jobs: loaded, keep } = loadAllJobs(config, true, `${config.stateDirectory}/cron-generate`);
  if (loaded.is === 'unlisted') return { problems: [...warnings, loaded.problem] };
  const present = presentOf(before);
  const { jobs, broken } = loaded;
  const crontab = composeCrontab({ ...frame.value, jobs, broken, present, dueMinutes: minutesTerm });
  keep();
  const problems = [...warnings, ...loaded.problems, ...crontab.problems];
  const text = crontab.text();
  const lines = { config, text, table: readTable(text) };
  return text === before ? { lines, problems } : { lines, problems, changes: changes(before, crontab) };
}

function changes(before: string, crontab: Crontab): string {
  return changesText(compareLines(timingsBefore(presentOf(before)), timingsAfter(crontab)), before, crontab.text());
}

/**
 * A text that changes with everything the lines depend on. A link, as Kubernetes makes them, counts
 * with the file that it leads to.
 */
export function signatureOf(config: Config): string {
  const listed = listJobFiles(config, files);
  const jobs = listed.is === 'listed' ? listed.slugs.map((slug) => jobPath(slug, config)) : [];
  const month = new Date(clock.nowMs()).toISOString().slice(0, 7);
  return [listed.is, month, hostZoneDigest(), ...[...config.sources, ...jobs].map(stampOf)].join('\n');
}

function stampOf(path: string): string {
  const found = files.facts(path);
  const facts = found?.kind === 'symlink' ? files.facts(files.resolve(path) ?? path) : found;
  return `${path} ${facts?.inode} ${facts?.sizeBytes} ${facts?.mtimeMs} ${facts?.ctimeMs}`;
}
