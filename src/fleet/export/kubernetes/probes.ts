/** The health check of a service, as the three probes of a container. */
import type { Health } from '../../../job/service.ts';
import { commandLine, type Expand } from './container.ts';
import type { Container, Probe } from './objects.ts';

/**
 * The startup probe allows the time that an instance may take at first, the liveness probe restarts
 * it, the readiness probe counts successes. `portName` gives the name of a port in the container.
 */
export function probesOf(
  health: Health,
  { expand, portName }: { readonly expand: Expand; readonly portName: (port: string) => string },
): Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'> {
  const action = actionOf(health, expand, portName);
  const timing = { periodSeconds: seconds(health.intervalSeconds), timeoutSeconds: seconds(health.timeoutSeconds) };
  const failureThreshold = health.maxFailures + 1;
  return {
    startupProbe: {
      ...action,
      ...timing,
      failureThreshold: Math.max(1, Math.ceil(health.graceSeconds / health.intervalSeconds)),
    },
    livenessProbe: { ...action, ...timing, failureThreshold },
    readinessProbe: { ...action, ...timing, failureThreshold, successThreshold: health.minSuccesses },
  };
}

function actionOf(
  { probe }: Health,
  expand: Expand,
  portName: (port: string) => string,
): Pick<Probe, 'httpGet' | 'tcpSocket' | 'exec'> {
  switch (probe.by) {
    case 'http':
      return { httpGet: { path: probe.path, port: portName(probe.port) } };
    case 'tcp':
      return { tcpSocket: { port: portName(probe.port) } };
    case 'command':
      return { exec: { command: commandLine([probe.command], expand) } };
    default:
      return probe satisfies never;
  }
}

/** Whole seconds, at least one, as the fields of a probe are. */
function seconds(value: number): number {
  return Math.max(1, Math.ceil(value));
}
