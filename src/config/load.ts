/** The configuration that holds for this caller, or every problem of the files it comes from. */
import { logBounds, sizeInBytes } from '../job/keys/log-bounds.ts';
import type { MailRoute } from '../system/types/message.ts';
import type { Users } from '../system/types/user.ts';
import type { Problem, Result } from '../text/problem.ts';
import { withAudience } from '../yaml/audience.ts';
import type { Config, LogRetention, PortRange } from './config.ts';
import { defaultsFor, normalise } from './defaults.ts';
import { loggingOf } from './logging.ts';
import { hasErrors, type Merged, readSources, tell } from './read.ts';
import type { ConfigFile } from './schema.ts';
import { chooseSources, type Machine, type Request } from './sources.ts';

export function loadConfig(machine: Machine, request: Request = {}): Result<Config> {
  const result = load(machine, request);
  const told = (problems: readonly Problem[]) =>
    problems.flatMap((problem) => withAudience([problem], problem.file, machine.files));
  return result.ok ? { ...result, warnings: told(result.warnings) } : { ...result, problems: told(result.problems) };
}

function load(machine: Machine, request: Request): Result<Config> {
  const chosen = chooseSources(machine, request);
  if (!chosen.ok) return { ok: false, problems: [{ severity: 'error', file: chosen.file, message: chosen.reason }] };
  const { sources } = chosen;
  const merged = readSources(sources, machine);
  if (hasErrors(merged.problems)) return { ok: false, problems: merged.problems };
  const config = makeConfig(merged, { machine, request });
  const [namedFile] = sources.named === undefined ? [] : merged.sources;
  if (config === undefined || hasErrors(merged.problems)) return { ok: false, problems: merged.problems };
  const value = namedFile === undefined ? config : { ...config, namedFile };
  return { ok: true, value, warnings: merged.problems };
}

interface Circumstances {
  readonly machine: Machine;
  readonly request: Request;
}

/** undefined when a part can't be made; the problem is among the others then. */
function makeConfig(merged: Merged, { machine, request }: Circumstances): Config | undefined {
  const defaults = defaultsFor(merged.own, request);
  const values = { ...defaults, ...merged.values };
  const path = (key: 'job_directory' | 'output_directory' | 'run_directory' | 'state_directory' | 'runner_path') =>
    normalise(values[key]);
  const serviceUser = machine.users.find(String(values.user));
  if (serviceUser === undefined) tell(merged, 'user', 'error', noSuchUser(merged, values.user));
  if (serviceUser?.uid === 0) tell(merged, 'user', 'error', rootMessage);
  refuseOpenJobs(merged, path('job_directory'), machine);
  const trustedOwnerUids = trustedOwners(merged, values.trusted_owners, machine.users);
  judgeJobDirectory(merged, path('job_directory'), { ...values, trustedOwnerUids, files: machine.files });
  if (serviceUser === undefined) return undefined;
  return {
    cronTemplate: values.cron_template,
    runnerPath: path('runner_path'),
    serviceUser,
    searchPath: values.path,
    passEnvironment: values.pass_environment,
    jobDefaults: values.default_job_config ?? {},
    jobDirectory: path('job_directory'),
    outputCrontab: values.output_crontab === 'console' ? 'console' : normalise(values.output_crontab),
    outputDirectory: path('output_directory'),
    ...runDirectories(merged, path('run_directory'), { machine, fallback: defaults.run_directory }),
    stateDirectory: path('state_directory'),
    logging: logging(merged),
    logRetention: retentionOf(values.log_retention),
    onInvalidJob: values.on_invalid_job,
    trust: values.trust,
    trustedOwnerUids,
    portRange: portRange(merged, values.port_range),
    ...(values.mail && { mail: mailOf(values.mail) }),
    sources: merged.sources,
    embedded: merged.own !== undefined,
  };
}

/** By any name or number: with uid 0 whoever writes a job file would be root. */
const rootMessage =
  '"user" must not be root (uid 0): jobs have all rights of this user; a job that must be root runs one command through sudo';

function noSuchUser({ values }: Merged, user: string | number): string {
  return values.user === undefined
    ? `there is no user "${user}", which is the default of "user"; create it, or set "user"`
    : `"user" must be a user of this machine, found "${user}"`;
}

/** Whoever can write the job directory decides what the service user runs. */
function refuseOpenJobs(merged: Merged, path: string, { files }: Machine): void {
  const resolved = files.resolve(path);
  if (resolved === undefined) return;
  const mode = files.facts(resolved)?.mode ?? 0;
  if ((mode & 0o002) === 0) return;
  const only = merged.own === undefined ? 'root' : 'you';
  const remedy = (mode & 0o1000) === 0 ? `chmod o-w ${path}` : `keep the job files where only ${only} can write`;
  tell(merged, 'job_directory', 'error', `everyone can write ${path}, and so could have jobs run: ${remedy}`);
}

interface Judged {
  readonly trust: 'strict' | 'warn';
  readonly trustedOwnerUids: readonly number[];
  readonly files: Machine['files'];
}

/** Its owner and its group can put any file in, under the name of any job. */
function judgeJobDirectory(merged: Merged, path: string, { trust, trustedOwnerUids, files }: Judged): void {
  const facts = files.facts(files.resolve(path) ?? path);
  // A process-control of one's own is in the hands of its owner alone anyway, and a group of the same name is usual there.
  if (facts === undefined || merged.own !== undefined) return;
  const severity = trust === 'strict' ? 'error' : 'warning';
  const isTrusted = facts.uid === 0 || trustedOwnerUids.includes(facts.uid);
  if (!isTrusted)
    tell(merged, 'job_directory', severity, `the owner of ${path} (uid ${facts.uid}) is not among "trusted_owners"`);
  if ((facts.mode & 0o022) === 0o020)
    tell(merged, 'job_directory', severity, `a group can write ${path}: chmod g-w ${path}`);
}

/** A lock in a directory that everyone can write could be forged or held up by anyone. */
function runDirectories(
  merged: Merged,
  path: string,
  { machine: { files }, fallback }: { readonly machine: Machine; readonly fallback: string },
): Pick<Config, 'runDirectory' | 'predecessorRunDirectory'> {
  const resolved = files.resolve(path) ?? path;
  if (((files.facts(resolved)?.mode ?? 0) & 0o002) === 0) return { runDirectory: path };
  const instead = path === fallback ? undefined : fallback;
  const advice = 'give it to the service user alone';
  if (instead === undefined) {
    tell(merged, 'run_directory', 'error', `everyone can write ${path}, and so could forge locks: ${advice}`);
    return { runDirectory: path };
  }
  tell(
    merged,
    'run_directory',
    'warning',
    `everyone can write ${path}, and so could forge locks: locks are kept in ${instead}, a predecessor's are still respected; set "run_directory" to ${instead} when it is gone`,
  );
  return { runDirectory: instead, predecessorRunDirectory: path };
}

function logging(merged: Merged): Config['logging'] {
  const { logging, unused } = loggingOf(merged.values.logging ?? {});
  if (unused.length > 0)
    tell(
      merged,
      'logging',
      'warning',
      `these parts of the Python logging configuration are not used: ${unused.join(', ')}`,
    );
  return logging;
}

function trustedOwners(merged: Merged, owners: readonly (string | number)[], users: Users): readonly number[] {
  return owners.flatMap((owner) => {
    const user = users.find(String(owner));
    if (user === undefined)
      tell(merged, 'trusted_owners', 'warning', `"trusted_owners" has "${owner}", and this machine has no such user`);
    return user === undefined ? [] : [user.uid];
  });
}

function portRange(merged: Merged, written: string): PortRange {
  const [first = 0, last = 0] = written.split('-').map(Number);
  if (first > last || last > 65_535) {
    tell(merged, 'port_range', 'error', `"port_range" must go up, and not beyond 65535, found ${written}`);
  }
  return { first, last };
}

function retentionOf(written: ConfigFile['log_retention'] = {}): LogRetention {
  const { total_bytes, compress_after } = written;
  return {
    ...logBounds(written),
    ...(total_bytes !== undefined && { totalBytes: sizeInBytes(total_bytes) }),
    ...(compress_after !== undefined && { compressAfterDays: compress_after }),
  };
}

function mailOf({ sendmail, smtp }: NonNullable<ConfigFile['mail']>): MailRoute {
  if (sendmail !== undefined || smtp === undefined)
    return { by: 'sendmail', path: normalise(sendmail ?? '/usr/sbin/sendmail') };
  const { host, port, secure = false, user, password_file } = smtp;
  return {
    by: 'smtp',
    host,
    secure,
    ...(port !== undefined && { port }),
    ...(user !== undefined && { user }),
    ...(password_file !== undefined && { passwordFile: normalise(password_file) }),
  };
}
