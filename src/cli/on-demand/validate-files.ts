/**
 * cron-generate --validate: checks job files wherever they are, as configuration managers do before
 * they put them in place.
 */

import { readSync } from 'node:fs';
import path from 'node:path';
import { configSchema } from '../../config/schema.ts';
import { throughSudo } from '../../config/sources.ts';
import { nameProblem } from '../../job/folder.ts';
import type { WrittenJob } from '../../job/keys/schema.ts';
import { validateJobText } from '../../job/load.ts';
import { files } from '../../system/file/files.ts';
import { caller } from '../../system/user/caller.ts';
import { defined } from '../../text/defined.ts';
import type { Problem } from '../../text/problem.ts';
import { checkZone, scheduleChecker } from '../crontab/check-schedule.ts';
import { print, sayProblems } from '../frame/output.ts';
import { loadSetting } from '../frame/setting.ts';

const limitBytes = 256 * 1024;

interface Told {
  readonly json: boolean;
  readonly config?: string;
  /** Checks the file names, too. Configuration managers pass temporary names. */
  readonly named?: boolean;
}

export function validateFiles(names: readonly string[], { json, config, named = false }: Told): number {
  const { defaults, jobDirectory, problems: ofDefaults } = jobDefaults(config);
  const inside = throughSudo(caller) ? jobDirectory : undefined;
  const checkSchedule = scheduleChecker();
  const misnamed = named ? names.flatMap((name) => nameProblem(name) ?? []) : [];
  const found = names.flatMap((name) => validateFile(name, { defaults, checkSchedule, inside }));
  const problems = [...ofDefaults, ...misnamed, ...found];
  const bad = new Set(problems.filter(({ severity }) => severity === 'error').map(({ file }) => file));
  const comment =
    bad.size === 0 ? `${names.length} files are valid` : `${bad.size} of ${names.length} files have problems`;
  if (json) print(`${JSON.stringify({ changed: false, comment, jobs: [], problems })}\n`);
  else sayProblems(problems);
  return bad.size === 0 ? 0 : 1;
}

/**
 * The defaults that a job file may rely on. Whether a job file is valid must not depend on anything
 * else of this host.
 */
function jobDefaults(config: string | undefined): {
  readonly defaults: WrittenJob;
  readonly jobDirectory: string;
  readonly problems: readonly Problem[];
} {
  const setting = loadSetting(config);
  if (setting.ok) return { ...setting.value, defaults: setting.value.jobDefaults, problems: [] };
  const [problem] = setting.problems.filter(({ severity }) => severity === 'error');
  const message = `checked without default_job_config, because of the configuration: ${problem?.message}`;
  const jobDirectory = configSchema.properties.job_directory.default;
  return {
    defaults: {},
    jobDirectory,
    problems: [{ severity: 'warning', file: problem?.file ?? 'configuration', message }],
  };
}

interface Standard {
  readonly defaults: WrittenJob;
  readonly checkSchedule: ReturnType<typeof scheduleChecker>;
  /** Through sudo: the one directory whose files may be read for the caller. */
  readonly inside: string | undefined;
}

function validateFile(name: string, { defaults, checkSchedule, inside }: Standard): readonly Problem[] {
  const file = name === '-' ? '(standard input)' : name;
  const bytes = name === '-' ? readStandardInput() : readNamed(name, inside);
  if (typeof bytes === 'string') return [{ severity: 'error', file, message: bytes }];
  const result = validateJobText({ file, bytes }, defaults, { checkSchedule, checkZone });
  return result.ok ? result.warnings : result.problems;
}

/** The bytes, or why there are none. */
function readNamed(name: string, inside: string | undefined): Uint8Array | string {
  const refusal = sudoRefusal(path.resolve(name), inside);
  if (refusal !== undefined) return refusal;
  const read = files.readRegular(path.resolve(name), { limitBytes, ...defined({ inside }) });
  if (read.is === 'read') return read.bytes;
  if (read.is === 'absent') return 'there is no such file';
  return read.reason.startsWith('this is a directory')
    ? `this is a directory; to check all job files in it: jobctl check ${name}`
    : read.reason;
}

/**
 * Through sudo the caller must not read, or find, any other file of the user whom sudo makes them.
 */
export function sudoRefusal(name: string, inside: string | undefined): string | undefined {
  if (inside === undefined || name === inside || name.startsWith(`${inside}/`)) return undefined;
  return `through sudo only files in ${inside} are checked; do it without sudo, or put the file there`;
}

function readStandardInput(): Uint8Array | string {
  const buffer = Buffer.alloc(limitBytes + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length <= limitBytes; length += count) {
    count = readSync(0, buffer, length, limitBytes + 1 - length, null);
  }
  return length > limitBytes
    ? `more than the ${limitBytes} bytes that a job file may have`
    : buffer.subarray(0, length);
}
