/**
 * The service keys of a job, ready for use: seconds, bytes, signals by number, one of three probes.
 */

import { defined } from '../text/defined.ts';
import { signalNumber } from '../text/signal.ts';
import { type Command, splitCommand } from './command.ts';
import type { WrittenJob } from './keys/schema.ts';
import { serviceKeys } from './keys/service-keys.ts';
import { inBytes, inSeconds } from './keys/units.ts';

export interface Service {
  readonly instances: number;
  readonly ports: readonly Port[];
  readonly health?: Health;
  readonly respawn: Respawn;
  /** The path as it is written, perhaps with placeholders. */
  readonly pidFile?: string;
  readonly monitorSeconds: number;
  /** The number of the signal. */
  readonly stopSignal: number;
  readonly stopSeconds: number;
  readonly logMaxBytes: number;
  readonly logKeep: number;
}

export interface Port {
  readonly name: string;
  /** Absent for a port out of the port range. */
  readonly number?: number;
}

/** Returns the variable of a port: PORT_HTTP_ADMIN for `http-admin`. */
export function portVariable(name: string): string {
  return `PORT_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** The rules for restarts of an instance that has ended. */
export interface Respawn {
  readonly restart: 'always' | 'on-failure' | 'never';
  readonly delaySeconds: number;
  readonly maxDelaySeconds: number;
  readonly minUptimeSeconds: number;
  readonly limit?: { readonly count: number; readonly intervalSeconds: number };
  readonly normalExit: { readonly codes: readonly number[]; readonly signals: readonly number[] };
}

export type Probe =
  | {
      readonly by: 'http';
      readonly port: string;
      readonly path: string;
      /** In lower case, without blanks around it; empty for any answer. */
      readonly expectedResponse: string;
      /** 0 for any code below 400. */
      readonly expectedCode: number;
    }
  | { readonly by: 'tcp'; readonly port: string }
  | { readonly by: 'command'; readonly command: Command };

export interface Health {
  readonly probe: Probe;
  readonly graceSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly maxFailures: number;
  readonly minSuccesses: number;
  readonly snoozeMaxSeconds: number;
}

/** Makes the service of keys that the schema and `auditService` allow. */
export function serviceOf(written: WrittenJob): Service {
  return defined({
    instances: written.instances ?? written.count ?? serviceKeys.instances.default,
    ports: portsOf(written.ports),
    health: written.health_check && healthOf(written.health_check),
    respawn: respawnOf(written),
    pidFile: written.pid_file,
    monitorSeconds: inSeconds(written.monitor_interval ?? serviceKeys.monitor_interval.default),
    stopSignal: signalNumber(written.stop_signal ?? serviceKeys.stop_signal.default) ?? 0,
    stopSeconds: inSeconds(written.stop_timeout ?? serviceKeys.stop_timeout.default),
    logMaxBytes: inBytes(written.log_max_size ?? '100M'),
    logKeep: written.log_keep ?? serviceKeys.log_keep.default,
  });
}

function portsOf(written: WrittenJob['ports']): readonly Port[] {
  if (written === undefined) return [];
  if (Array.isArray(written)) return [...new Set(written as readonly string[])].map((name) => ({ name }));
  return Object.entries(written as Readonly<Record<string, number | string>>).map(([name, number]) =>
    typeof number === 'number' ? { name, number } : { name },
  );
}

function healthOf(written: NonNullable<WrittenJob['health_check']>): Health | undefined {
  const probe = probeOf(written);
  if (probe === undefined) return undefined;
  const { properties } = serviceKeys.health_check;
  return {
    probe,
    graceSeconds: inSeconds(
      written.initial_interval ?? written.initial_interval_secs ?? properties.initial_interval.default,
    ),
    intervalSeconds: inSeconds(written.interval ?? written.interval_secs ?? properties.interval.default),
    timeoutSeconds: inSeconds(written.timeout ?? written.timeout_secs ?? properties.timeout.default),
    maxFailures: written.max_consecutive_failures ?? properties.max_consecutive_failures.default,
    minSuccesses: written.min_consecutive_successes ?? properties.min_consecutive_successes.default,
    snoozeMaxSeconds: inSeconds(written.snooze_max ?? properties.snooze_max.default),
  };
}

function probeOf({ http, tcp, command }: NonNullable<WrittenJob['health_check']>): Probe | undefined {
  if (tcp !== undefined) return { by: 'tcp', port: tcp };
  if (command !== undefined) {
    const split = splitCommand(command);
    return split.ok ? { by: 'command', command: split.command } : undefined;
  }
  if (http === undefined) return undefined;
  const { properties } = serviceKeys.health_check.properties.http;
  return {
    by: 'http',
    port: http.port ?? properties.port.default,
    path: http.path ?? properties.path.default,
    expectedResponse: (http.expected_response ?? properties.expected_response.default).trim().toLowerCase(),
    expectedCode: http.expected_code ?? properties.expected_code.default,
  };
}

function respawnOf(written: WrittenJob): Respawn {
  const exits = normalExits(written.normal_exit);
  return defined({
    restart: (written.restart ?? serviceKeys.restart.default) as Respawn['restart'],
    delaySeconds: inSeconds(written.restart_delay ?? serviceKeys.restart_delay.default),
    maxDelaySeconds: inSeconds(written.restart_delay_max ?? serviceKeys.restart_delay_max.default),
    minUptimeSeconds: inSeconds(written.min_uptime ?? serviceKeys.min_uptime.default),
    limit: limitOf(written.respawn_limit),
    normalExit: {
      codes: exits.filter((exit) => /^\d+$/.test(exit)).map(Number),
      signals: exits.flatMap((exit) => signalNumber(exit) ?? []),
    },
  });
}

function limitOf(written: WrittenJob['respawn_limit']): Respawn['limit'] {
  if (written === undefined) return undefined;
  if (typeof written === 'object') return { count: written.count, intervalSeconds: inSeconds(written.interval) };
  const [count = 0, intervalSeconds = 0] = written.split(' ').map(Number);
  return { count, intervalSeconds };
}

/** Returns the exit codes and signals of `normal_exit`, each as text. */
export function normalExits(written: WrittenJob['normal_exit']): readonly string[] {
  if (written === undefined) return [];
  if (Array.isArray(written)) return (written as readonly (number | string)[]).map(String);
  return String(written).split(/ +/);
}
