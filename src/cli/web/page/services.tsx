/** Services, and the log of one instance. */
import type { AnySnapshot } from '../../../report/text/job.ts';
import { serviceNote } from '../../../report/text/service.ts';
import { printable } from '../../../text/printable.ts';
import { byNeed, needsPerson } from './frame/attention.ts';
import { Document, JobLink, State, type View, When, worstWords } from './frame/document.tsx';
import { Log, type LogView } from './run/log.tsx';

export function Services(view: View) {
  const { services } = view.snapshot;
  return (
    <Document {...view} here="services" title={`Services · ${worstWords(services)}`}>
      <h1>{services.length === 1 ? '1 service' : `${services.length} services`}</h1>
      {services.length === 0 && <p class="soft">No job of this host is a service (a job file with service: true).</p>}
      {services.length > 0 && (
        <table class="list">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Service</th>
              <th scope="col">Since</th>
              <th scope="col">Instances</th>
            </tr>
          </thead>
          <tbody>
            {byNeed(services).map((job) => (
              <ServiceRow job={job} view={view} />
            ))}
          </tbody>
        </table>
      )}
    </Document>
  );
}

function ServiceRow({ job, view }: { readonly job: AnySnapshot; readonly view: View }) {
  const { service } = job;
  if (service === undefined) return null;
  return (
    <tr id={`job-${job.slug}`} data-row="">
      <td>
        <State job={job} />
      </td>
      <td class="name">
        <JobLink job={job} base={view.base} /> <span class="tags">{job.tags.map(printable).join(' ')}</span>
      </td>
      <td>{service.sinceMs !== undefined && <When ms={service.sinceMs} view={view} />}</td>
      <td class={needsPerson(job) ? 'bad' : undefined}>{printable(serviceNote(job.slug, service))}</td>
    </tr>
  );
}

interface InstanceLogProps extends View {
  readonly job: AnySnapshot;
  readonly instance: number;
  readonly log: LogView | undefined;
}

export function InstanceLog({ job, instance, log, ...view }: InstanceLogProps) {
  return (
    <Document {...view} title={`${job.slug}.${instance} log · ${job.state}`}>
      <h1>
        <JobLink job={job} base={view.base} /> <State job={job} /> <span class="soft">log of instance {instance}</span>
      </h1>
      {log === undefined ? <p class="soft">This instance has no log yet.</p> : <Log {...log} />}
    </Document>
  );
}
