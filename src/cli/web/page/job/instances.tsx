/** A service: what people want of it, and each of its instances. */
import type { ServiceSnapshot } from '../../../../report/service-snapshot.ts';
import { type AnySnapshot, isBroken, noticeWarnings } from '../../../../report/text/job.ts';
import { instanceRows, serviceFacts } from '../../../../report/text/service.ts';
import { printable } from '../../../../text/printable.ts';
import { Facts, type View } from '../frame/document.tsx';

interface InstancesProps {
  readonly job: AnySnapshot;
  readonly service: ServiceSnapshot;
  readonly view: View;
}

/** The head of the view says these. */
const saidElsewhere = new Set(['service', 'state', 'description', 'tags']);

export function Instances({ job, service, view }: InstancesProps) {
  const { formatTime, base, snapshot } = view;
  const nowMs = snapshot.host.atMs;
  const described = isBroken(job) ? { slug: job.slug, name: job.slug, tags: job.tags } : job;
  const unreadable = isBroken(job) ? undefined : job.unreadable;
  const notices = noticeWarnings(job, formatTime);
  const facts = serviceFacts(described, service, { formatTime, nowMs, unreadable, notices });
  return (
    <>
      <Facts facts={facts.filter(([label]) => !saidElsewhere.has(label))} />
      <h2>Instances</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Instance</th>
            <th scope="col">State</th>
            <th scope="col">Process and ports</th>
            <th scope="col">Details</th>
            <th scope="col">Log</th>
          </tr>
        </thead>
        <tbody>
          {instanceRows(job.slug, service.instances, { formatTime, nowMs }).map(
            ({ number, name, at, pid, ports, words }) => (
              <tr id={`instance-${number}`} data-row="">
                <td>{printable(name)}</td>
                <td>
                  <span class={`state ${kinds[at] ?? 'held'}`}>{at}</span>
                </td>
                <td>{printable([pid, ports].filter(Boolean).join(', '))}</td>
                <td>{printable(words)}</td>
                <td>
                  <a href={`${base}/services/${encodeURIComponent(job.slug)}/${number}/log`}>log</a>
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </>
  );
}

const kinds: Readonly<Record<string, string>> = {
  up: 'well',
  starting: 'busy',
  stopping: 'busy',
  unhealthy: 'bad',
  backoff: 'late',
  failed: 'bad',
};
