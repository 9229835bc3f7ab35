/** Audits a service: keys that don't go together, unknown names, and keys that only runs have. */

import { signalNumber } from '../../text/signal.ts';
import type { Path } from '../../yaml/place.ts';
import { splitCommand } from '../command.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { serviceKeys } from '../keys/service-keys.ts';
import { differsByInstance, type KnownNames, unknownNames } from '../placeholder.ts';
import { normalExits, type Port, portVariable, type Service } from '../service.ts';
import { errorAt, type ValueProblem } from '../value-problem.ts';
import { isForServicesOnly, type JobSource, runKeys } from '../written.ts';

/** Advice for keys that only runs have. */
const instead: Readonly<Record<string, string>> = {
  kill_grace: 'write "stop_timeout"',
  backoff: 'write "restart_delay" and "restart_delay_max"',
  max_task_failures: 'write "respawn_limit"',
  success_exit_codes: 'write "normal_exit"',
  log_retention: 'write "log_max_size" and "log_keep"',
  schedule: 'a service has no schedule, it runs always',
};

/** Refuses keys that only services have. */
export function auditRun(file: WrittenJob): readonly ValueProblem[] {
  const keys = Object.keys(file).filter((key) => key !== 'service' && isForServicesOnly(key));
  return keys.map((key) => errorAt([key], `"${key}" is for services only; add "service: true", or leave it out`));
}

export function auditService({ file, merged: written }: JobSource, service: Service): readonly ValueProblem[] {
  return [
    ...forRunsOnly(file),
    ...auditCommand(written),
    ...auditCount(written),
    ...auditPorts(service),
    ...auditHealth(written, service.ports),
    ...auditExits(written),
    ...auditPidFile(written, service),
    ...auditPlaceholders(written, service),
    ...(service.logMaxBytes < 1024
      ? [errorAt(['log_max_size'], '"log_max_size" of a service must be at least 1K')]
      : []),
  ];
}

function forRunsOnly(file: WrittenJob): readonly ValueProblem[] {
  const keys = Object.keys(file).filter((key) => runKeys.has(key));
  return keys.map((key) => errorAt([key], `"${key}" is not for services; ${instead[key] ?? 'leave it out'}`));
}

function auditCommand({ command }: WrittenJob): readonly ValueProblem[] {
  return Array.isArray(command) && command.length > 1
    ? [errorAt(['command'], `"command" of a service must be one command line, found ${command.length}`)]
    : [];
}

function auditCount({ instances, count }: WrittenJob): readonly ValueProblem[] {
  return instances !== undefined && count !== undefined && instances !== count
    ? [errorAt(['count'], '"count" and "instances" mean the same; write one of them')]
    : [];
}

function auditPorts({ ports, instances }: Service): readonly ValueProblem[] {
  const variables = ports.map(({ name }) => portVariable(name));
  const twice = ports.filter(({ name }, order) => variables.indexOf(portVariable(name)) !== order);
  const numbers = ports.flatMap(({ number }) => number ?? []);
  return [
    ...twice.map(({ name }) =>
      errorAt(['ports'], `two of "ports" would both be ${portVariable(name)} in the environment`),
    ),
    ...(new Set(numbers).size < numbers.length ? [errorAt(['ports'], 'two of "ports" have the same number')] : []),
    ...(instances > 1 && numbers.length > 0
      ? [errorAt(['ports'], `${instances} instances can't all listen on port ${numbers[0]}; write auto`)]
      : []),
  ];
}

const kinds = ['http', 'command', 'tcp'] as const;

function auditHealth({ health_check: check }: WrittenJob, ports: readonly Port[]): readonly ValueProblem[] {
  if (check === undefined) return [];
  const given = kinds.filter((kind) => check[kind] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    return [errorAt(['health_check'], `"health_check" must have exactly one of http, command and tcp, found ${found}`)];
  }
  return [...auditProbePort(check, ports), ...auditProbeCommand(check)];
}

function auditProbePort(
  check: NonNullable<WrittenJob['health_check']>,
  ports: readonly Port[],
): readonly ValueProblem[] {
  const name =
    check.tcp ?? (check.http && (check.http.port ?? serviceKeys.health_check.properties.http.properties.port.default));
  if (name === undefined || ports.some((port) => port.name === name)) return [];
  const path = check.tcp !== undefined ? ['tcp'] : check.http?.port === undefined ? ['http'] : ['http', 'port'];
  const known = ports.length === 0 ? 'there are no "ports"' : `they are ${ports.map((port) => port.name).join(', ')}`;
  return [
    errorAt(['health_check', ...path], `the health check asks at "${name}", which must be one of "ports"; ${known}`),
  ];
}

function auditProbeCommand({ command }: NonNullable<WrittenJob['health_check']>): readonly ValueProblem[] {
  const split = command === undefined ? undefined : splitCommand(command);
  if (split === undefined || split.ok) return [];
  const { index, message } = split.problem;
  return [{ ...errorAt(['health_check', 'command'], `"health_check.command" ${message}`), index }];
}

function auditExits({ normal_exit: written }: WrittenJob): readonly ValueProblem[] {
  const wrong = normalExits(written).filter((exit) =>
    /^\d+$/.test(exit) ? Number(exit) > 255 : signalNumber(exit) === undefined,
  );
  return wrong.map((exit) =>
    errorAt(
      ['normal_exit'],
      `"normal_exit" must list exit codes and names of signals such as TERM, found ${JSON.stringify(exit)}`,
    ),
  );
}

function auditPidFile({ pid_file: file }: WrittenJob, { instances }: Service): readonly ValueProblem[] {
  const isShared = file?.startsWith('/') && instances > 1 && !differsByInstance(file);
  return isShared
    ? [errorAt(['pid_file'], `${instances} instances need ${instances} pid files: put {{instance}} in the name`)]
    : [];
}

function auditPlaceholders(written: WrittenJob, { ports }: Service): readonly ValueProblem[] {
  const known = { ports: ports.map(({ name }) => name), hasPidFile: written.pid_file !== undefined };
  const { command, environment = {}, health_check: check } = written;
  const texts: readonly (readonly [Path, string, KnownNames])[] = [
    ...(typeof command === 'string' ? [[['command'], command, known] as const] : []),
    ...(Array.isArray(command) ? command.map((text, order) => [['command', order], text, known] as const) : []),
    ...(check?.command === undefined ? [] : [[['health_check', 'command'], check.command, known] as const]),
    // The name of a pid file can't contain itself.
    ...(written.pid_file === undefined
      ? []
      : [[['pid_file'], written.pid_file, { ...known, hasPidFile: false }] as const]),
    ...Object.entries(environment).map(([name, value]) => [['environment', name], String(value), known] as const),
  ];
  return texts.flatMap(([path, text, names]) =>
    unknownNames(text, names).map(({ index, message }) => ({ ...errorAt(path, message), index })),
  );
}
