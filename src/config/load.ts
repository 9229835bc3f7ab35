/** Loads the configuration that holds for the caller, or returns every problem of its files. */
import { logBounds } from '../job/keys/log-bounds.ts';
import { inBytes } from '../job/keys/units.ts';
import type { Fleet } from '../system/types/fleet.ts';
import type { MailRoute } from '../system/types/message.ts';
import type { Users } from '../system/types/user.ts';
import { defined } from '../text/defined.ts';
import type { Problem, Result } from '../text/problem.ts';
import { withAudience } from '../yaml/audience.ts';
import type { Config, LogRetention, PortRange, WebSettings } from './config.ts';
import { defaultsFor, normalise } from './defaults.ts';
import { fleetOf } from './fleet.ts';
import { loggingOf } from './logging.ts';
import { addProblem, hasErrors, type Merged, readSources } from './read.ts';
import type { ConfigFile } from './schema.ts';
import { type ConfigHost, chooseSources, type Request } from './sources.ts';

export function loadConfig(host: ConfigHost, request: Request = {}): Result<Config> {
  const result = load(host, request);
  const told = (problems: readonly Problem[]) =>
    problems.flatMap((problem) => withAudience([problem], problem.file, host.files));
  return result.ok ? { ...result, warnings: told(result.warnings) } : { ...result, problems: told(result.problems) };
}

function load(host: ConfigHost, request: Request): Result<Config> {
  const chosen = chooseSources(host, request);
  if (!chosen.ok) return { ok: false, problems: [{ severity: 'error', file: chosen.file, message: chosen.reason }] };
  const { sources } = chosen;
  const merged = readSources(sources, host);
  if (hasErrors(merged.problems)) return { ok: false, problems: merged.problems };
  const config = makeConfig(merged, { host, request });
  const [namedFile] = sources.named === undefined ? [] : merged.sources;
  if (config === undefined || hasErrors(merged.problems)) return { ok: false, problems: merged.problems };
  const value = namedFile === undefined ? config : { ...config, namedFile };
  return { ok: true, value, warnings: merged.problems };
}

interface Circumstances {
  readonly host: ConfigHost;
  readonly request: Request;
}

/** Returns `undefined` if a part can't be made; its problem is in `merged.problems`. */
function makeConfig(merged: Merged, { host, request }: Circumstances): Config | undefined {
  const defaults = defaultsFor(merged.own, request);
  const values = { ...defaults, ...merged.values };
  const path = (key: 'job_directory' | 'output_directory' | 'run_directory' | 'state_directory' | 'runner_path') =>
    normalise(values[key]);
  const serviceUser = host.users.find(String(values.user));
  if (serviceUser === undefined) addProblem(merged, 'user', 'error', noSuchUser(merged, values.user));
  if (serviceUser?.uid === 0) addProblem(merged, 'user', 'error', rootMessage);
  refuseOpenJobs(merged, path('job_directory'), host);
  const trustedOwnerUids = trustedOwners(merged, values.trusted_owners, host.users);
  checkJobDirectory(merged, path('job_directory'), { ...values, trustedOwnerUids, files: host.files });
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
    ...runDirectories(merged, path('run_directory'), { host, fallback: defaults.run_directory }),
    stateDirectory: path('state_directory'),
    logging: logging(merged),
    logRetention: retentionOf(values.log_retention),
    historyBytes: historyBytes(merged, values.history?.bytes),
    onInvalidJob: values.on_invalid_job,
    trust: values.trust,
    trustedOwnerUids,
    portRange: portRange(merged, values.port_range),
    ...(values.mail && { mail: mailOf(values.mail) }),
    ...(values.kubernetes_template && { kubernetesTemplate: normalise(values.kubernetes_template) }),
    web: webOf(values.web),
    ...(values.fleet && { fleet: fleet(merged, values.fleet, host.caller.hostName) }),
    sources: merged.sources,
    embedded: merged.own !== undefined,
  };
}

/** The message about uid 0 by any name: as root's jobs, all job files would have root's rights. */
const rootMessage =
  '"user" must not be root (uid 0): jobs have all rights of this user; a job that must be root runs one command through sudo';

function noSuchUser({ values }: Merged, user: string | number): string {
  return values.user === undefined
    ? `there is no user "${user}", which is the default of "user"; create it, or set "user"`
    : `"user" must be a user of this host, found "${user}"`;
}

/**
 * Refuses a job directory that everyone can write: who can write it decides what the service user
 * runs.
 */
function refuseOpenJobs(merged: Merged, path: string, { files }: ConfigHost): void {
  const resolved = files.resolve(path);
  if (resolved === undefined) return;
  const mode = files.facts(resolved)?.mode ?? 0;
  if ((mode & 0o002) === 0) return;
  const only = merged.own === undefined ? 'root' : 'you';
  const remedy = (mode & 0o1000) === 0 ? `chmod o-w ${path}` : `keep the job files where only ${only} can write`;
  addProblem(merged, 'job_directory', 'error', `everyone can write ${path}, so anyone could have jobs run: ${remedy}`);
}

interface OwnerRules {
  readonly trust: 'strict' | 'warn';
  readonly trustedOwnerUids: readonly number[];
  readonly files: ConfigHost['files'];
}

/**
 * Checks the owner and the group of the job directory, who can write a file under the name of any
 * job.
 */
function checkJobDirectory(merged: Merged, path: string, { trust, trustedOwnerUids, files }: OwnerRules): void {
  const facts = files.facts(files.resolve(path) ?? path);
  // Only the owner uses a process-control of their own, and a group of the same name is usual
  // there.
  if (facts === undefined || merged.own !== undefined) return;
  const severity = trust === 'strict' ? 'error' : 'warning';
  const isTrusted = facts.uid === 0 || trustedOwnerUids.includes(facts.uid);
  if (!isTrusted)
    addProblem(
      merged,
      'job_directory',
      severity,
      `the owner of ${path} (uid ${facts.uid}) is not among "trusted_owners"`,
    );
  if ((facts.mode & 0o022) === 0o020)
    addProblem(merged, 'job_directory', severity, `a group can write ${path}: chmod g-w ${path}`);
}

/**
 * Returns the run directory, or the default one if everyone can write it: anyone could forge or
 * hold locks there.
 */
function runDirectories(
  merged: Merged,
  path: string,
  { host: { files }, fallback }: { readonly host: ConfigHost; readonly fallback: string },
): Pick<Config, 'runDirectory' | 'predecessorRunDirectory'> {
  const resolved = files.resolve(path) ?? path;
  if (((files.facts(resolved)?.mode ?? 0) & 0o002) === 0) return { runDirectory: path };
  const instead = path === fallback ? undefined : fallback;
  const advice = 'give it to the service user alone';
  if (instead === undefined) {
    addProblem(merged, 'run_directory', 'error', `everyone can write ${path}, so anyone could forge locks: ${advice}`);
    return { runDirectory: path };
  }
  addProblem(
    merged,
    'run_directory',
    'warning',
    `everyone can write ${path}, so anyone could forge locks: locks are kept in ${instead}, a predecessor's are still respected; set "run_directory" to ${instead} when it is gone`,
  );
  return { runDirectory: instead, predecessorRunDirectory: path };
}

function logging(merged: Merged): Config['logging'] {
  const { logging, unused } = loggingOf(merged.values.logging ?? {});
  if (unused.length > 0)
    addProblem(
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
      addProblem(
        merged,
        'trusted_owners',
        'warning',
        `"trusted_owners" has "${owner}", and this host has no such user`,
      );
    return user === undefined ? [] : [user.uid];
  });
}

function portRange(merged: Merged, written: string): PortRange {
  const [first = 0, last = 0] = written.split('-').map(Number);
  if (first > last || last > 65_535) {
    addProblem(merged, 'port_range', 'error', `"port_range" must be two ascending ports up to 65535, found ${written}`);
  }
  return { first, last };
}

function fleet(merged: Merged, written: NonNullable<ConfigFile['fleet']>, hostName: string): Fleet {
  const { fleet: made, warnings, problems } = fleetOf(written, hostName);
  for (const words of warnings) addProblem(merged, 'fleet', 'warning', words);
  for (const words of problems) addProblem(merged, 'fleet', 'error', words);
  return made;
}

function historyBytes(merged: Merged, written: string | number = '512K'): number {
  const bytes = inBytes(written);
  if (bytes < 64 * 1024 || bytes > 16 * 1024 * 1024)
    addProblem(merged, 'history', 'error', `"history.bytes" must be from 64K to 16M, found ${written}`);
  return bytes;
}

function retentionOf(written: ConfigFile['log_retention'] = {}): LogRetention {
  const { total_bytes, compress_after } = written;
  return { ...logBounds(written), ...defined({ totalBytes: inBytes(total_bytes), compressAfterDays: compress_after }) };
}

function mailOf({ sendmail, smtp }: NonNullable<ConfigFile['mail']>): MailRoute {
  if (sendmail !== undefined || smtp === undefined)
    return { by: 'sendmail', path: normalise(sendmail ?? '/usr/sbin/sendmail') };
  const { host, port, secure = false, user, password_file } = smtp;
  const passwordFile = password_file === undefined ? undefined : normalise(password_file);
  return defined({ by: 'smtp' as const, host, secure, port, user, passwordFile });
}

function webOf(written: NonNullable<ConfigFile['web']> = {}): WebSettings {
  const { socket, proxy_socket, listen, token_file, group, base_path: basePath = '', hosts = [] } = written;
  return {
    basePath,
    hosts: hosts.map((host) => host.toLowerCase()),
    ...defined({
      socket: socket && normalise(socket),
      proxySocket: proxy_socket && normalise(proxy_socket),
      listen,
      tokenFile: token_file && normalise(token_file),
      group: group === undefined ? undefined : String(group),
    }),
  };
}
