/** The bars as numbers. */
import { shortDuration } from '../../../../report/text/relative.ts';
import { printable } from '../../../../text/printable.ts';
import { runPath, type View, When } from '../frame/document.tsx';
import { runWords } from '../frame/strip.tsx';
import type { Lane } from './day.ts';

const mostRows = 300;

export function RunTable({ lanes, view }: { readonly lanes: readonly Lane[]; readonly view: View }) {
  const rows = lanes
    .flatMap(({ job, runs }) => runs.map((run) => ({ job, run })))
    .sort((a, b) => b.run.startedMs - a.run.startedMs);
  return (
    <details>
      <summary>The runs as a table</summary>
      {rows.length > mostRows && (
        <p class="soft">
          The last {mostRows} of {rows.length}.
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Job</th>
            <th scope="col">Took</th>
            <th scope="col">End</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostRows).map(({ job, run }) => (
            <tr>
              <td>
                <When ms={run.startedMs} view={view} isBare />
              </td>
              <td>
                <a href={runPath(job.slug, run.run, view.base)}>{printable(job.slug)}</a>
              </td>
              <td>{run.durationMs !== undefined && shortDuration(run.durationMs)}</td>
              <td>{runWords[run.is]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
