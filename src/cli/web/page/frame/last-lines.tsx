/** The end of the log of what has failed. */
import type { LastWords } from '../../../../report/text/failing.ts';
import { printable } from '../../../../text/printable.ts';
import { Output } from './output.tsx';

const shownLines = 3;

export function LastLines({ said }: { readonly said: LastWords | undefined }) {
  if (said === undefined) return null;
  if ('why' in said) return <p class="soft">{printable(said.why)}</p>;
  if (said.lines.length === 0) return <p class="soft">It printed nothing.</p>;
  return (
    <pre class="words">
      {said.lines.slice(-shownLines).map((line, index) => (
        <>
          {index > 0 && '\n'}
          <Output line={line} />
        </>
      ))}
    </pre>
  );
}
