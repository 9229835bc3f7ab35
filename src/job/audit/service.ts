/** What no schema can say about a service: keys that do not go together, names that mean nothing, and what only a run has. */

import { signalNumber } from '../../text/signal.ts';
import type { Path } from '../../yaml/place.ts';
import { splitCommand } from '../command.ts';
import type { JobRemark } from '../job.ts';
import { noticeKeys } from '../keys/notices.ts';
import { policyKeys } from '../keys/policy.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { serviceKeys } from '../keys/service-keys.ts';
import { timingKeys } from '../keys/timing.ts';
import { differsByInstance, type KnownNames, unknownNames } from '../placeholder.ts';
import { normalExits, type Port, type Service } from '../service.ts';

/** Keys of something that begins and ends. A service does not take them from `default_job_config` either. */
const runKeys: ReadonlySet<string> = new Set<string>([
  'schedule',
  'slow_start_command',
  'timeout',
  'kill_grace',
  'allow_overtime',
  'leftovers',
  'failure_threshold_for_mail',
  'log_retention',
  ...Object.keys(timingKeys),
  ...Object.keys(policyKeys),
  ...Object.keys(noticeKeys).filter((key) => key !== 'notify'),
]);

/** What to write instead. */
const instead: Readonly<Record<string, string>> = {
  kill_grace: 'write "stop_timeout"',
  backoff: 'write "restart_delay" and "restart_delay_max"',
  max_task_failures: 'write "respawn_limit"',
  success_exit_codes: 'write "normal_exit"',
  log_retention: 'write "log_max_size" and "log_keep"',
  schedule: 'a service has no schedule, it runs always',
};

/** The defaults that hold for a job of this kind. */
export function inherited(file: WrittenJob, defaults: WrittenJob): WrittenJob {
  const isService = file.service === true;
  const holds = ([key]: [string, unknown]) => (isService ? !runKeys.has(key) : !isForServicesOnly(key));
  return Object.fromEntries(Object.entries(defaults).filter(holds)) as WrittenJob;
}

function isForServicesOnly(key: string): boolean {
  return Object.hasOwn(serviceKeys, key) && key !== 'log_max_size';
}

/** Of a job that is none: keys that would be without effect. */
export function auditNoService(file: WrittenJob): readonly JobRemark[] {
  const keys = Object.keys(file).filter((key) => key !== 'service' && isForServicesOnly(key));
  return keys.map((key) => error([key], `"${key}" is for services only; add "service: true", or leave it out`));
}

export function auditService(file: WrittenJob, written: WrittenJob, service: Service): readonly JobRemark[] {
  return [
    ...forRunsOnly(file),
    ...auditCommand(written),
    ...auditCount(written),
    ...auditPorts(service),
    ...auditHealth(written, service.ports),
    ...auditExits(written),
    ...auditPidFile(written, service),
    ...auditPlaceholders(written, service),
    ...(service.logMaxBytes < 1024 ? [error(['log_max_size'], '"log_max_size" of a service must be at least 1K')] : []),
  ];
}

function forRunsOnly(file: WrittenJob): readonly JobRemark[] {
  const keys = Object.keys(file).filter((key) => runKeys.has(key));
  return keys.map((key) => error([key], `"${key}" is not for services; ${instead[key] ?? 'leave it out'}`));
}

function auditCommand({ command }: WrittenJob): readonly JobRemark[] {
  return Array.isArray(command) && command.length > 1
    ? [error(['command'], `"command" of a service must be one command line, found ${command.length}`)]
    : [];
}

function auditCount({ instances, count }: WrittenJob): readonly JobRemark[] {
  return instances !== undefined && count !== undefined && instances !== count
    ? [error(['count'], '"count" and "instances" mean the same; write one of them')]
    : [];
}

function auditPorts({ ports, instances }: Service): readonly JobRemark[] {
  const variables = ports.map(({ name }) => portVariable(name));
  const twice = ports.filter(({ name }, order) => variables.indexOf(portVariable(name)) !== order);
  const numbers = ports.flatMap(({ number }) => number ?? []);
  return [
    ...twice.map(({ name }) =>
      error(['ports'], `two of "ports" would both be ${portVariable(name)} in the environment`),
    ),
    ...(new Set(numbers).size < numbers.length ? [error(['ports'], 'two of "ports" have the same number')] : []),
    ...(instances > 1 && numbers.length > 0
      ? [error(['ports'], `${instances} instances can't all listen on port ${numbers[0]}; write auto`)]
      : []),
  ];
}

/** `http-admin` is PORT_HTTP_ADMIN. */
export function portVariable(name: string): string {
  return `PORT_${name.toUpperCase().replaceAll('-', '_')}`;
}

const kinds = ['http', 'command', 'tcp'] as const;

function auditHealth({ health_check: check }: WrittenJob, ports: readonly Port[]): readonly JobRemark[] {
  if (check === undefined) return [];
  const given = kinds.filter((kind) => check[kind] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    return [error(['health_check'], `"health_check" must have exactly one of http, command and tcp, found ${found}`)];
  }
  return [...auditProbePort(check, ports), ...auditProbeCommand(check)];
}

function auditProbePort(check: NonNullable<WrittenJob['health_check']>, ports: readonly Port[]): readonly JobRemark[] {
  const name =
    check.tcp ?? (check.http && (check.http.port ?? serviceKeys.health_check.properties.http.properties.port.default));
  if (name === undefined || ports.some((port) => port.name === name)) return [];
  const path = check.tcp !== undefined ? ['tcp'] : check.http?.port === undefined ? ['http'] : ['http', 'port'];
  const known = ports.length === 0 ? 'there are no "ports"' : `they are ${ports.map((port) => port.name).join(', ')}`;
  return [
    error(['health_check', ...path], `the health check asks at "${name}", which must be one of "ports"; ${known}`),
  ];
}

function auditProbeCommand({ command }: NonNullable<WrittenJob['health_check']>): readonly JobRemark[] {
  const split = command === undefined ? undefined : splitCommand(command);
  if (split === undefined || split.ok) return [];
  const { index, message } = split.mistake;
  return [
    { severity: 'error', path: ['health_check', 'command'], index, message: `"health_check.command" ${message}` },
  ];
}

function auditExits({ normal_exit: written }: WrittenJob): readonly JobRemark[] {
  const wrong = normalExits(written).filter((exit) =>
    /^\d+$/.test(exit) ? Number(exit) > 255 : signalNumber(exit) === undefined,
  );
  return wrong.map((exit) =>
    error(
      ['normal_exit'],
      `"normal_exit" must list exit codes and names of signals such as TERM, found ${JSON.stringify(exit)}`,
    ),
  );
}

function auditPidFile({ pid_file: file }: WrittenJob, { instances }: Service): readonly JobRemark[] {
  const isShared = file?.startsWith('/') && instances > 1 && !differsByInstance(file);
  return isShared
    ? [error(['pid_file'], `${instances} instances need ${instances} pid files: put {{instance}} in the name`)]
    : [];
}

function auditPlaceholders(written: WrittenJob, { ports }: Service): readonly JobRemark[] {
  const known = { ports: ports.map(({ name }) => name), hasPidFile: written.pid_file !== undefined };
  const { command, environment = {}, health_check: check } = written;
  const texts: readonly (readonly [Path, string, KnownNames])[] = [
    ...(typeof command === 'string' ? [[['command'], command, known] as const] : []),
    ...(Array.isArray(command) ? command.map((text, order) => [['command', order], text, known] as const) : []),
    ...(check?.command === undefined ? [] : [[['health_check', 'command'], check.command, known] as const]),
    // A pid file can't be named by itself.
    ...(written.pid_file === undefined
      ? []
      : [[['pid_file'], written.pid_file, { ...known, hasPidFile: false }] as const]),
    ...Object.entries(environment).map(([name, value]) => [['environment', name], String(value), known] as const),
  ];
  return texts.flatMap(([path, text, names]) =>
    unknownNames(text, names).map(({ index, message }) => ({ severity: 'error' as const, path, index, message })),
  );
}

function error(path: Path, message: string): JobRemark {
  return { severity: 'error', path, message };
}
