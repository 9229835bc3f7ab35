/** The meaning of keys and signs. */
import type { Kind } from './frame/attention.ts';
import { Document, Facts, Sign, type View } from './frame/document.tsx';

const keys: readonly (readonly [string, string])[] = [
  ['/', 'filter the jobs, or search in a log'],
  ['j k', 'next and previous row'],
  ['Enter', 'open the row'],
  ['g n', 'now'],
  ['g j', 'jobs'],
  ['g t', 'timeline'],
  ['g e', 'events'],
  ['g s', 'services'],
  ['f', 'follow a log that grows'],
  ['?', 'this page'],
];

const states: readonly (readonly [Kind, string])[] = [
  ['bad', 'failed, or its file has problems: a person is needed'],
  ['late', 'overdue, or a service that is partly down: a person is needed'],
  ['busy', 'runs now, or a service that starts or stops'],
  ['unknown', 'has never run'],
  ['held', 'paused, disabled, or a service that is down as people want it'],
  ['well', 'ok, or a service that is up'],
];

export function Help(view: View) {
  return (
    <Document {...view} title="Keys and signs">
      <h1>Keys and signs</h1>
      <h2>Keys</h2>
      <Facts facts={keys.map(([key, does]) => [key, does] as const)} />
      <h2>Signs</h2>
      <ul class="signs">
        {states.map(([kind, words]) => (
          <li>
            <Sign kind={kind}>{words}</Sign>
          </li>
        ))}
      </ul>
      <p>
        Bars are the last runs of a job, the newest at the right: high ones took unusually long, a full red one failed,
        a dash at the ground was skipped or missed.
      </p>
    </Document>
  );
}
