/**
 * Makes a job from values that the schema allows: converts units, splits commands, fills in
 * defaults.
 */
import { type Expression, parseExpression } from '../schedule/expression.ts';
import { defined } from '../text/defined.ts';
import type { Path } from '../yaml/place.ts';
import { type Command, splitCommand } from './command.ts';
import type { Job, JobContent, KernelLimits, RunContent } from './job.ts';
import { logBounds } from './keys/log-bounds.ts';
import { noticesOf } from './keys/notices.ts';
import { policyOf } from './keys/policy.ts';
import { poolOf } from './keys/pool-keys.ts';
import type { WrittenJob } from './keys/schema.ts';
import { timingOf } from './keys/timing.ts';
import { inBytes, inSeconds } from './keys/units.ts';
import { serviceOf } from './service.ts';
import { errorAt, type ValueProblem } from './value-problem.ts';
import type { JobSource } from './written.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Returns the content of a job, which can be used only if none of the problems is an error.
 * `hasEngine`: the configuration has etcd, which can decide about jobs of pools.
 */
export function makeJob(
  source: JobSource,
  hasEngine: boolean,
): {
  readonly content: JobContent;
  readonly problems: readonly ValueProblem[];
} {
  const { get, merged, tagged } = source;
  const { notices, problems: noticeProblems } = noticesOf(merged);
  const problems: ValueProblem[] = [...noticeProblems];
  const common: Writable<Omit<RunContent, 'service'>> = {
    name: get('name') ?? '',
    commands: commandsOf('command', get('command'), problems),
    enabled: !get('disabled'),
    disabled: get('disabled') ?? false,
    timing: timingOf(merged),
    policy: policyOf(merged),
    timeoutSeconds: minutes(get('timeout') ?? 0),
    killGraceSeconds: inSeconds(get('kill_grace') ?? 0),
    environment: environmentOf(get('environment')),
    passEnvironment: get('pass_environment') ?? [],
    tags: tagsOf(tagged),
    allowOvertime: get('allow_overtime') ?? false,
    failureThresholdForMail: get('failure_threshold_for_mail') ?? 1,
    notices,
    leftovers: get('leftovers') ?? 'kill',
    umask: Number.parseInt(String(get('umask')).replace('o', ''), 8),
    noNewPrivileges: get('no_new_privileges') ?? false,
    privateTmp: get('private_tmp') ?? false,
    limits: limitsOf(get('limits')),
  };
  const description = get('description');
  const failmail = get('failmail');
  const workingDirectory = get('working_directory');
  const nice = get('nice');
  const pool = poolOf(merged, hasEngine ? (source.isService ? 'instances' : 'ticks') : undefined);
  if (description !== undefined) common.description = description.trim();
  if (failmail !== undefined) common.failmail = failmailOf(failmail);
  if (workingDirectory !== undefined) common.workingDirectory = workingDirectory;
  if (nice !== undefined) common.nice = nice;
  if (pool !== undefined) common.pool = pool;
  const content = source.isService
    ? { ...common, service: serviceOf(merged) }
    : { ...common, ...runContent(source, problems) };
  return { content: content as JobContent, problems };
}

type OfRuns = 'slowStartCommands' | 'schedule' | 'logMaxBytes' | 'logRetention';

function runContent({ get }: JobSource, problems: ValueProblem[]): Pick<RunContent, OfRuns> {
  const content: Writable<Pick<RunContent, OfRuns>> = {};
  const slowStart = get('slow_start_command');
  const schedule = scheduleOf(get('schedule'), problems);
  const logRetention = get('log_retention');
  const logMaxBytes = inBytes(get('log_max_size') ?? '256M');
  if (slowStart !== undefined) content.slowStartCommands = commandsOf('slow_start_command', slowStart, problems);
  if (schedule !== undefined) content.schedule = schedule;
  if (logMaxBytes > 0) content.logMaxBytes = logMaxBytes;
  if (logRetention !== undefined) content.logRetention = logBounds(logRetention);
  return content;
}

function scheduleOf(written: string | undefined, problems: ValueProblem[]): Expression | undefined {
  const answer = written === undefined ? undefined : parseExpression(written);
  if (answer === undefined || answer.ok) return answer?.expression;
  for (const { message, column } of answer.problems)
    problems.push({ ...errorAt(['schedule'], `"schedule": ${message}`), index: column - 1 });
  return undefined;
}

function commandsOf(
  key: 'command' | 'slow_start_command',
  written: string | readonly string[] | undefined,
  problems: ValueProblem[],
): readonly Command[] {
  return list(written).flatMap((text, position) => {
    const split = splitCommand(text);
    if (split.ok) return [split.command];
    const isOne = typeof written === 'string';
    const path: Path = isOne ? [key] : [key, position];
    const subject = isOne ? `"${key}"` : `item ${position + 1} of "${key}"`;
    const { index, message } = split.problem;
    problems.push({ ...errorAt(path, `${subject} ${message}`), index });
    return [];
  });
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function minutes(value: number | string): number {
  return typeof value === 'number' ? value * 60 : inSeconds(value);
}

function environmentOf(environment: WrittenJob['environment']): Record<string, string> {
  return Object.fromEntries(Object.entries(environment ?? {}).map(([name, value]) => [name, String(value)]));
}

/** Returns the tags. `tag` and `tags` are one key: a file with either has its own tags. */
function tagsOf({ tag, tags }: WrittenJob): readonly string[] {
  return [...new Set([...list(tag), ...list(tags)])];
}

function failmailOf({ from_address, to_address }: NonNullable<WrittenJob['failmail']>): NonNullable<Job['failmail']> {
  return from_address === undefined ? { toAddress: to_address } : { fromAddress: from_address, toAddress: to_address };
}

function limitsOf(written: WrittenJob['limits']): KernelLimits {
  if (written === undefined) return {};
  const { nofile, file_size, cpu, processes, address_space } = written;
  return defined({
    nofile,
    fileSize: inBytes(file_size),
    cpu: inSeconds(cpu),
    processes,
    addressSpace: inBytes(address_space),
  });
}
