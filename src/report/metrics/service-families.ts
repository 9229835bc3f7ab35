/** The metrics of each service. */
import { type Family, metricName } from './exposition.ts';
import type { Detail } from './job-families.ts';
import type { JobMetrics, ServiceMetrics } from './job-metrics.ts';

interface Service extends ServiceMetrics {
  readonly name: string;
}

export function serviceFamilies(jobs: readonly JobMetrics[], detail: Detail): readonly Family[] {
  const services = jobs.flatMap(({ name, service }): Service[] =>
    service === undefined ? [] : [{ name, ...service }],
  );
  return [
    gauge('service_instances_wanted', 'Instances that should be up.', services, ({ wanted }) => wanted),
    gauge('service_instances_up', 'Instances that are up and healthy.', services, ({ up }) => up),
    ...(detail === 'all' ? [restartsFamily(services)] : []),
  ];
}

function gauge(name: string, help: string, services: readonly Service[], value: (service: Service) => number): Family {
  const samples = services.map((service) => ({ labels: { job_name: service.name }, value: value(service) }));
  return { name: metricName(name), type: 'gauge', help, samples };
}

function restartsFamily(services: readonly Service[]): Family {
  const samples = services.flatMap(({ name, instances }) =>
    instances.map(({ number, restarts: value }) => ({ labels: { job_name: name, number: String(number) }, value })),
  );
  const help = 'Restarts of an instance by its supervisor.';
  return { name: metricName('service_restarts_total'), type: 'counter', help, samples };
}
