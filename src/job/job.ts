/** One job, ready for use: units fixed, commands split, defaults filled in. Made of what is written by `makeJob`. */

import { parseDuration } from '../text/duration.ts';
import type { Path } from '../yaml/place.ts';
import { auditJob, type PlacedCommand } from './audit/audit.ts';
import { auditPolicy } from './audit/policy.ts';
import { auditPrivateTmp } from './audit/private-tmp.ts';
import { auditNoService, auditService, inherited } from './audit/service.ts';
import { type Command, splitCommand } from './command.ts';
import { type LogBounds, logBounds, sizeInBytes } from './keys/log-bounds.ts';
import { type Notices, noticesOf } from './keys/notices.ts';
import { type Policy, policyOf } from './keys/policy.ts';
import { jobSchema, type WrittenJob } from './keys/schema.ts';
import { type Timing, timingOf } from './keys/timing.ts';
import { masked } from './placeholder.ts';
import { type Service, serviceOf } from './service.ts';

export interface Job {
  readonly slug: string;
  /** The job file. */
  readonly path: string;
  readonly name: string;
  readonly description?: string;
  /** Run in order until one fails; at least one. */
  readonly commands: readonly Command[];
  readonly slowStartCommands?: readonly Command[];
  /** As it is written; absent when only people and other jobs start it. */
  readonly schedule?: string;
  readonly enabled: boolean;
  readonly timing: Timing;
  readonly policy: Policy;
  /** It has no schedule and no end: it must stay up. */
  readonly service?: Service;
  /** 0: no limit. */
  readonly timeoutSeconds: number;
  readonly killGraceSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Names of variables that come from the caller. */
  readonly passEnvironment: readonly string[];
  readonly tags: readonly string[];
  readonly allowOvertime: boolean;
  readonly failmail?: { readonly fromAddress?: string; readonly toAddress: string };
  readonly failureThresholdForMail: number;
  readonly notices: Notices;
  readonly leftovers: 'kill' | 'allow' | 'fail';
  readonly workingDirectory?: string;
  readonly umask: number;
  readonly nice?: number;
  readonly noNewPrivileges: boolean;
  /** It has a /tmp and /var/tmp of its own. */
  readonly privateTmp: boolean;
  readonly limits: Limits;
  /** Replaces key by key what the configuration says. */
  readonly logRetention?: LogBounds;
  /** What the log of one run may grow to; absent: any size. */
  readonly logMaxBytes?: number;
  /** Of the file's bytes, in hexadecimal; empty where it was not asked for. */
  readonly sha256: string;
}

/** As prlimit(1) takes them: counts, bytes, seconds. */
export interface Limits {
  readonly nofile?: number;
  readonly fileSize?: number;
  readonly cpu?: number;
  readonly processes?: number;
  readonly addressSpace?: number;
}

/** A mistake or doubt about the value at `path`, and at the character `index` (0-based) of it where that is known. */
export interface JobRemark {
  readonly severity: 'error' | 'warning';
  readonly path: Path;
  readonly index?: number;
  readonly message: string;
}

/** What a file decides about a job, without what its place in the file system does. */
export type JobContent = Omit<Job, 'slug' | 'path' | 'sha256'>;

/** The value of each key that has one in the schema. */
const schemaDefaults = Object.fromEntries(
  Object.entries(jobSchema.properties).flatMap(([key, schema]) => ('default' in schema ? [[key, schema.default]] : [])),
) as WrittenJob;

/** What is written for a key: in the file, else in `default_job_config`, else in the schema. */
export type Lookup = <K extends keyof WrittenJob>(key: K) => WrittenJob[K];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Of files that the schema allows; without errors among the remarks the content can be used. */
export function makeJob(
  file: WrittenJob,
  allDefaults: WrittenJob,
): { readonly content: JobContent; readonly remarks: readonly JobRemark[] } {
  const isService = file.service === true;
  const defaults = inherited(file, allDefaults);
  const written: Lookup = (key) => file[key] ?? defaults[key] ?? schemaDefaults[key];
  const tagged = 'tag' in file || 'tags' in file ? file : defaults;
  const audited: PlacedCommand[] = [];
  const { notices, remarks: noticeRemarks } = noticesOf({ ...defaults, ...file });
  const remarks: JobRemark[] = [...noticeRemarks];
  const content: Writable<JobContent> = {
    name: written('name') ?? '',
    commands: commandsOf(written('command'), { key: 'command', remarks, audited, hasPlaceholders: isService }),
    enabled: !written('disabled'),
    timing: timingOf({ ...defaults, ...file }),
    policy: policyOf({ ...defaults, ...file }),
    timeoutSeconds: minutes(written('timeout') ?? 0),
    killGraceSeconds: seconds(written('kill_grace') ?? 0),
    environment: environmentOf(written('environment')),
    passEnvironment: written('pass_environment') ?? [],
    tags: tagsOf(tagged),
    allowOvertime: written('allow_overtime') ?? false,
    failureThresholdForMail: written('failure_threshold_for_mail') ?? 1,
    notices,
    leftovers: written('leftovers') ?? 'kill',
    umask: Number.parseInt(String(written('umask')).replace('o', ''), 8),
    noNewPrivileges: written('no_new_privileges') ?? false,
    privateTmp: written('private_tmp') ?? false,
    limits: limitsOf(written('limits')),
  };
  addOptional(content, written, { remarks, audited, hasPlaceholders: isService });
  if (isService) content.service = serviceOf({ ...defaults, ...file });
  const ofService =
    content.service === undefined
      ? auditNoService(file)
      : auditService(file, { ...defaults, ...file }, content.service);
  const ofPolicy = auditPolicy({ ...defaults, ...file }, content);
  const doubts = auditJob({ written, tagged, commands: audited }).map((doubt) => ({
    severity: 'warning' as const,
    ...doubt,
  }));
  return { content, remarks: [...remarks, ...ofService, ...ofPolicy, ...auditPrivateTmp(file, content), ...doubts] };
}

function addOptional(content: Writable<JobContent>, written: Lookup, found: Omit<CommandKey, 'key'>): void {
  const description = written('description');
  const slowStart = written('slow_start_command');
  const schedule = written('schedule');
  const failmail = written('failmail');
  const workingDirectory = written('working_directory');
  const nice = written('nice');
  const logRetention = written('log_retention');
  if (description !== undefined) content.description = description.trim();
  if (slowStart !== undefined)
    content.slowStartCommands = commandsOf(slowStart, { key: 'slow_start_command', ...found });
  if (schedule !== undefined) content.schedule = schedule;
  if (failmail !== undefined) content.failmail = failmailOf(failmail);
  if (workingDirectory !== undefined) content.workingDirectory = workingDirectory;
  if (nice !== undefined) content.nice = nice;
  const logMaxBytes = sizeInBytes(written('log_max_size') ?? '256M');
  if (logMaxBytes > 0 && written('service') !== true) content.logMaxBytes = logMaxBytes;
  if (logRetention !== undefined) content.logRetention = logBounds(logRetention);
}

interface CommandKey {
  readonly key: 'command' | 'slow_start_command';
  readonly remarks: JobRemark[];
  readonly audited: PlacedCommand[];
  /** What placeholder.ts reads is no shell syntax. */
  readonly hasPlaceholders: boolean;
}

function commandsOf(written: string | readonly string[] | undefined, to: CommandKey): readonly Command[] {
  return list(written).flatMap((text, position) => {
    const path: Path = typeof written === 'string' ? [to.key] : [to.key, position];
    const split = splitCommand(text);
    if (split.ok) {
      const seen = to.hasPlaceholders ? splitCommand(masked(text)) : split;
      const { text: run, words } = split.command;
      to.audited.push({ path, text: run, words, shellSyntax: seen.ok ? seen.shellSyntax : [] });
      return [split.command];
    }
    const subject = typeof written === 'string' ? `"${to.key}"` : `item ${position + 1} of "${to.key}"`;
    const { index, message } = split.mistake;
    to.remarks.push({ severity: 'error', path, index, message: `${subject} ${message}` });
    return [];
  });
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function minutes(value: number | string): number {
  return typeof value === 'number' ? value * 60 : seconds(value);
}

function seconds(value: number | string): number {
  return typeof value === 'number' ? value : (parseDuration(value) ?? 0);
}

function environmentOf(environment: WrittenJob['environment']): Record<string, string> {
  return Object.fromEntries(Object.entries(environment ?? {}).map(([name, value]) => [name, String(value)]));
}

/** `tag` and `tags` are one key: a file with either has its own tags. */
function tagsOf({ tag, tags }: WrittenJob): readonly string[] {
  return [...new Set([...list(tag), ...list(tags)])];
}

function failmailOf({ from_address, to_address }: NonNullable<WrittenJob['failmail']>): NonNullable<Job['failmail']> {
  return from_address === undefined ? { toAddress: to_address } : { fromAddress: from_address, toAddress: to_address };
}

function limitsOf(written: WrittenJob['limits']): Limits {
  if (written === undefined) return {};
  const { nofile, file_size, cpu, processes, address_space } = written;
  return {
    ...(nofile !== undefined && { nofile }),
    ...(file_size !== undefined && { fileSize: sizeInBytes(file_size) }),
    ...(cpu !== undefined && { cpu: seconds(cpu) }),
    ...(processes !== undefined && { processes }),
    ...(address_space !== undefined && { addressSpace: sizeInBytes(address_space) }),
  };
}
