/** One job: its state and why, when it runs, and its last runs. */

import { relativeText, shortDuration } from '../../../report/text/relative.ts';
import { printable } from '../../../text/printable.ts';
import { type PageJob, reasonOf } from './attention.ts';
import { Document, State, type View } from './document.tsx';

export function JobView({ job, ...view }: View & { readonly job: PageJob }) {
  const strip = 'strip' in job ? [...job.strip].reverse() : [];
  return (
    <Document {...view} title={`${job.slug} ${job.state}`}>
      <h1>
        {printable(job.slug)} <State job={job} />
      </h1>
      {'name' in job && job.name !== job.slug && <p>{printable(job.name)}</p>}
      <dl>
        {factsOf(job, view).map(([word, text]) => (
          <>
            <dt>{word}</dt>
            <dd>{printable(text)}</dd>
          </>
        ))}
      </dl>
      {strip.length > 0 && <h2>Last runs</h2>}
      {strip.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Started</th>
              <th scope="col">End</th>
              <th scope="col">Took</th>
              <th scope="col">Run</th>
            </tr>
          </thead>
          <tbody>
            {strip.map(({ run, is, startedMs, durationMs }) => (
              <tr>
                <td>{view.formatTime(startedMs)}</td>
                <td>{is === 'failure' ? <span class="state bad">{is}</span> : is}</td>
                <td>{durationMs !== undefined && shortDuration(durationMs)}</td>
                <td>
                  <code>{printable(run)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Document>
  );
}

type Fact = readonly [word: string, text: string];

function factsOf(job: PageJob, { snapshot, formatTime }: View): readonly Fact[] {
  const when = (ms: number) => `${formatTime(ms)}, ${relativeText(ms, snapshot.host.atMs)}`;
  const { failingSinceMs, lastSuccessMs } = job.streak;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Why', reasonOf(job)],
    ['Failing since', failingSinceMs === undefined ? undefined : when(failingSinceMs)],
    ['Last success', lastSuccessMs === undefined ? 'none on record' : when(lastSuccessMs)],
    ...('problems' in job ? job.problems.slice(1).map((problem): Fact => ['Problem', problem]) : ownFacts(job, when)),
    ['Tags', job.tags.join(', ') || undefined],
    ['More', `jobctl why ${job.slug}`],
  ];
  return facts.flatMap(([word, text]): Fact[] => (text === undefined ? [] : [[word, text]]));
}

function ownFacts(
  job: Exclude<PageJob, { problems: unknown }>,
  when: (ms: number) => string,
): readonly (readonly [string, string | undefined])[] {
  const { description, schedule, timeZone, nextMs, timeoutSeconds, paused } = job;
  const until = paused?.untilMs;
  return [
    ['Is for', description],
    ['Schedule', schedule && `${schedule}${timeZone === undefined ? '' : ` (${timeZone})`}`],
    ['Next', nextMs === undefined ? undefined : when(nextMs)],
    ['Paused until', paused && (until === undefined ? 'somebody resumes it' : when(until))],
    ['Timeout', timeoutSeconds === 0 ? 'none' : shortDuration(timeoutSeconds * 1000)],
  ];
}
