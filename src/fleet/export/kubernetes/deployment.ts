/** A service, as a Deployment, or as a StatefulSet where its instances know their numbers. */
import type { ServiceJob } from '../../../job/job.ts';
import { differsByInstance, expand } from '../../../job/placeholder.ts';
import { type Port, portVariable } from '../../../job/service.ts';
import { containerOf } from './container.ts';
import { type Metadata, selector } from './labels.ts';
import { portNames } from './names.ts';
import type {
  Container,
  Deployment,
  EnvironmentVariable,
  KubernetesObject,
  PodTemplate,
  Service,
  StatefulSet,
} from './objects.ts';
import { probesOf } from './probes.ts';

/** Ports without a number; each pod has an address of its own, so two services may have the same. */
const firstPort = 31_000;
/** The variable that holds the number of an instance; Kubernetes expands it in a command. */
const instanceVariable = 'JOB_INSTANCE';
const podIndex = "metadata.labels['apps.kubernetes.io/pod-index']";

/** The objects of a service: its pods, and a Service that finds them where they have ports. */
export function serviceObjects(job: ServiceJob, metadata: Metadata): readonly KubernetesObject[] {
  const ports = numbered(job.service.ports);
  const isNumbered = knowsItsNumber(job);
  const pods = isNumbered ? statefulSet(job, metadata, ports) : deployment(job, metadata, ports);
  return ports.length === 0 && !isNumbered ? [pods] : [pods, serviceFor(metadata, ports, isNumbered)];
}

interface NumberedPort {
  readonly name: string;
  readonly number: number;
}

function numbered(ports: readonly Port[]): readonly NumberedPort[] {
  const taken = new Set(ports.flatMap(({ number }) => number ?? []));
  let next = firstPort;
  return ports.map(({ name, number }) => {
    if (number !== undefined) return { name, number };
    while (taken.has(next)) next += 1;
    return { name, number: next++ };
  });
}

function knowsItsNumber({ commands, environment, service }: ServiceJob): boolean {
  const probe = service.health?.probe;
  const texts = [
    ...commands.flatMap(({ words }) => words),
    ...Object.values(environment),
    ...(probe?.by === 'command' ? probe.command.words : []),
  ];
  return texts.some(
    (text) => differsByInstance(text.replaceAll(portPlaceholder, '')) || text.includes(instanceVariable),
  );
}

/** Ports differ between instances on one host, and not between pods. */
const portPlaceholder = /\{\{(?:thermos\.)?ports\[[^\]{}]*\]\}\}/g;

function deployment(job: ServiceJob, metadata: Metadata, ports: readonly NumberedPort[]): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: replicas(job),
      selector: { matchLabels: selector(metadata.name) },
      template: podsOf(job, metadata, { ports, isNumbered: false }),
    },
  };
}

function statefulSet(job: ServiceJob, metadata: Metadata, ports: readonly NumberedPort[]): StatefulSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: {
      replicas: replicas(job),
      podManagementPolicy: 'Parallel',
      serviceName: metadata.name,
      selector: { matchLabels: selector(metadata.name) },
      template: podsOf(job, metadata, { ports, isNumbered: true }),
    },
  };
}

function replicas({ enabled, service }: ServiceJob): number {
  return enabled ? service.instances : 0;
}

interface Shape {
  readonly ports: readonly NumberedPort[];
  readonly isNumbered: boolean;
}

function podsOf(job: ServiceJob, metadata: Metadata, shape: Shape): PodTemplate {
  return {
    metadata: { labels: selector(metadata.name) },
    spec: {
      terminationGracePeriodSeconds: Math.ceil(job.service.stopSeconds),
      containers: [serviceContainer(job, shape)],
    },
  };
}

function serviceContainer(job: ServiceJob, { ports, isNumbered }: Shape): Container {
  const names = portNames(ports.map(({ name }) => name));
  const facts = {
    name: job.slug,
    instance: `$(${instanceVariable})`,
    ports: Object.fromEntries(ports.map(({ name, number }) => [name, number])),
  };
  const replace = (text: string) => expand(text, facts);
  const { health } = job.service;
  return {
    name: 'job',
    ...containerOf(job, { expand: replace, variables: variablesOf(job, ports, isNumbered) }),
    ...(ports.length > 0 && {
      ports: ports.map(({ name, number }) => ({ name: names.get(name) ?? name, containerPort: number })),
    }),
    ...(health !== undefined && probesOf(health, { expand: replace, portName: (port) => names.get(port) ?? port })),
  };
}

function variablesOf(
  { slug }: ServiceJob,
  ports: readonly NumberedPort[],
  isNumbered: boolean,
): readonly EnvironmentVariable[] {
  return [
    { name: 'JOB_NAME', value: slug },
    ...(isNumbered ? [{ name: instanceVariable, valueFrom: { fieldRef: { fieldPath: podIndex } } }] : []),
    ...ports.map(({ name, number }) => ({ name: portVariable(name), value: String(number) })),
  ];
}

/** Without an address of its own for a StatefulSet, as each of its pods has a name there. */
function serviceFor(metadata: Metadata, ports: readonly NumberedPort[], isHeadless: boolean): Service {
  const names = portNames(ports.map(({ name }) => name));
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      selector: selector(metadata.name),
      ...(isHeadless && { clusterIP: 'None' }),
      ...(ports.length > 0 && {
        ports: ports.map(({ name, number }) => ({ name: names.get(name) ?? name, port: number })),
      }),
    },
  };
}
