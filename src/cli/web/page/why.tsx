/** The answer of `jobctl why`, with every finding: why a job is in its state, or what became of one start. */
import type { AnySnapshot } from '../../../report/text/job.ts';
import { printable } from '../../../text/printable.ts';
import type { WhyAnswer } from '../read/host-reader.ts';
import { Command } from './frame/command.tsx';
import { Document, Facts, JobLink, State, type View } from './frame/document.tsx';
import { Output } from './frame/output.tsx';

interface WhyProps extends View {
  readonly job: AnySnapshot;
  readonly why: WhyAnswer;
  /** The moment as it was asked for; empty for now. */
  readonly at: string;
  /** The words that were asked for are no time. */
  readonly isUnread: boolean;
}

const findingWords = {
  well: 'ok',
  stops: 'stops it',
  'stops-next': 'stops the next start',
  doubt: 'perhaps',
  unknown: 'not known',
} as const;

const findingKinds = { well: 'well', stops: 'bad', 'stops-next': 'bad', doubt: 'late', unknown: 'unknown' } as const;

export function Why({ job, why: { answer, findings }, at, isUnread, ...view }: WhyProps) {
  return (
    <Document {...view} title={`why ${job.slug} · ${job.state}`}>
      <h1>
        Why <JobLink job={job} base={view.base} /> <State job={job} />
      </h1>
      {isUnread && <p class="late">The words that were asked for are no time in the past; this is about now.</p>}
      <p class="lead">{printable(answer.answer)}.</p>
      {answer.advice.map(({ say, run }) => (
        <div class="advice">
          <p>
            {printable(`${say.charAt(0).toUpperCase()}${say.slice(1)}`)}
            {run.length === 0 ? '.' : ':'}
          </p>
          {run.length > 0 && <Command text={run.map(printable).join('\n')} isBlock />}
        </div>
      ))}
      <Facts facts={answer.facts.map(([label, words]) => [label, <Output line={words} />] as const)} />
      <form action={`${view.base}/why/${encodeURIComponent(job.slug)}`} method="get">
        <label>
          Ask about another time
          <input type="text" name="at" value={printable(at)} placeholder="02:00, yesterday 18:00" />
        </label>
        <button type="submit">Why?</button>
      </form>
      <h2>All findings</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">About</th>
            <th scope="col">Is</th>
            <th scope="col">Finding</th>
          </tr>
        </thead>
        <tbody>
          {findings.map(({ about, is, words }) => (
            <tr>
              <td>{printable(about)}</td>
              <td>
                <span class={`state ${findingKinds[is]}`}>{findingWords[is]}</span>
              </td>
              <td>{printable(words)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Document>
  );
}
