/** A part of a log, with links to the rest of it, a search, and the address at which it goes on. */
import { printable } from '../../../../text/printable.ts';
import type { Place } from '../../read/line-search.ts';
import type { LogPart, LogQuery } from '../../read/run-log.ts';
import { Line, shownLine } from './line.tsx';

type LogStream = LogQuery['stream'];

/** So many lines are seen at once. */
const shortLines = 30;

export interface LogView {
  readonly part: LogPart;
  readonly query: Omit<LogQuery, 'from'> & {
    readonly from?: number | undefined;
    readonly hasTimes: boolean;
    readonly isWrapped: boolean;
  };
  /** The address of the log without a query. */
  readonly path: string;
  /** The address of its raw bytes. */
  readonly raw: string;
  /** The name of its file. */
  readonly name: string;
  /** The log still grows. */
  readonly isLive: boolean;
}

const streams: readonly (readonly [stream: LogStream, word: string])[] = [
  ['both', 'all output'],
  ['out', 'stdout'],
  ['err', 'stderr'],
];

export function Log(view: LogView) {
  const { part, query, path, raw, isLive } = view;
  if (part.is === 'none') return <p class="soft">{printable(part.words)}</p>;
  const { older, newer, lines } = part;
  const to = (more: Partial<LogView['query']>) => `${path}${logQueryText({ ...query, ...more })}#log`;
  const lineProps = (place: Place) => {
    const line = shownLine(place);
    return { line, to: addressOf(place, line.id, query.find !== '', to) };
  };
  return (
    <section id="log" aria-label="Log">
      <div class="tools">
        <span class="choices">
          {streams.map(([stream, word]) => (
            <a href={to({ stream, from: undefined })} aria-current={stream === query.stream ? 'true' : undefined}>
              {word}
            </a>
          ))}
        </span>
        <search>
          <form action={path} method="get">
            {query.stream !== 'both' && <input type="hidden" name="stream" value={query.stream} />}
            <label>
              <span class="unseen">Find in the whole log</span>
              <input type="search" name="find" placeholder="find in the whole log" value={printable(query.find)} />
            </label>
            <button type="submit">Find</button>
          </form>
        </search>
        <span class="choices">
          <a href={to({ hasTimes: !query.hasTimes })}>{query.hasTimes ? 'hide times' : 'show times'}</a>
          <a href={to({ isWrapped: !query.isWrapped })}>{query.isWrapped ? 'long lines in one' : 'wrap long lines'}</a>
          <a href={raw}>raw ⇩</a>
          {isLive && (
            <a href={to({ from: undefined })} data-follow={streamOf(view)}>
              follow
            </a>
          )}
        </span>
      </div>
      <p class="soft count" aria-live="off">
        {countWords(part, query.find !== '')}
      </p>
      <nav class="choices" aria-label="Earlier lines">
        {older !== undefined && <a href={to({ from: 0 })}>⇤ start</a>}
        {older !== undefined && <a href={to({ from: older })}>◂ older</a>}
        {lines.length > shortLines && <a href="#end">⇣ end of these lines</a>}
      </nav>
      <ol
        class={`log${query.isWrapped ? '' : ' long'}${query.hasTimes ? '' : ' untimed'}`}
        tabindex={query.isWrapped ? undefined : 0}
        aria-label="Lines of the log"
      >
        {lines.map((line) => (
          <Line {...lineProps(line)} />
        ))}
      </ol>
      <nav class="choices" aria-label="Later lines" id="end">
        {newer !== undefined && <a href={to({ from: newer })}>newer ▸</a>}
        {newer !== undefined && <a href={to({ from: undefined })}>end ⇥</a>}
      </nav>
    </section>
  );
}

/** "lines 14,502 to 15,001 of 15,001", "1,922 lines have it". */
function countWords(part: Extract<LogPart, { is: 'lines' }>, isSearch: boolean): string {
  const { lines, total, matches, isWhole, sizeBytes, isCompressed } = part;
  const size = `${number(sizeBytes)} bytes${isCompressed ? ', compressed' : ''}`;
  const rest = isWhole ? '' : '; the log is so long that only its beginning was searched';
  if (matches !== undefined) {
    const least = isWhole ? '' : 'at least ';
    const what = isSearch ? (matches.count === 1 ? 'line has it' : 'lines have it') : 'lines of this kind';
    const shown =
      lines.length === 0 ? '' : `, ${number(matches.first)} to ${number(matches.first + lines.length - 1)} are shown`;
    return `${least}${number(matches.count)} ${what}${matches.count > lines.length ? shown : ''}${rest} · ${size}`;
  }
  const first = lines[0]?.number;
  if (lines.length === 0) return `empty · ${size}`;
  if (first === undefined || total === undefined)
    return `${number(lines.length)} lines from byte ${number(lines[0]?.at ?? 0)} of ${size}`;
  return `lines ${number(first)} to ${number(first + lines.length - 1)} of ${number(total)} · ${size}${rest}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

/** Bytes before a found line that are shown with it. */
const contextBytes = 2000;

/** The number of a line leads to it; that of a line that was found to its place in the log. */
function addressOf(line: Place, id: string, isFound: boolean, to: (more: Partial<LogView['query']>) => string): string {
  if (!isFound) return `#${id}`;
  const around = to({ from: Math.max(0, line.at - contextBytes), find: '', stream: 'both' });
  return around.replace(/#.*/, `#${id}`);
}

/** The address at which the log goes on behind these lines; `undefined` when they are not its end. */
function streamOf({ part, query, path, name }: LogView): string | undefined {
  if (part.is === 'none' || part.newer !== undefined || !part.isWhole || part.isCompressed) return undefined;
  const last = part.lines.at(-1);
  const end = last === undefined ? 0 : last.at + last.bytes.length + 1;
  // A line without its newline comes again when it is finished.
  const from = last !== undefined && end > part.sizeBytes ? last.at : end;
  const words = new URLSearchParams({
    from: `${name.replace(/\.gz$/, '')}/${from}`,
    stream: query.stream,
    find: query.find,
  });
  return `${path.replace(/\/log$/, '')}/log/stream?${words.toString()}`;
}

/** The query of a log; what is usual is left out. */
function logQueryText({ from, stream, find, hasTimes, isWrapped }: LogView['query']): string {
  const words: [string, string][] = [];
  if (from !== undefined) words.push(['from', String(from)]);
  if (stream !== 'both') words.push(['stream', stream]);
  if (find !== '') words.push(['find', find]);
  if (!hasTimes) words.push(['times', '0']);
  if (!isWrapped) words.push(['wrap', '0']);
  return words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
}

const longestFind = 200;

export function logQueryOf(given: (key: string) => string | undefined): LogView['query'] {
  const from = given('from') ?? '';
  const stream = given('stream');
  return {
    ...(/^\d{1,15}$/.test(from) && { from: Number(from) }),
    stream: stream === 'out' || stream === 'err' ? stream : 'both',
    find: (given('find') ?? '').slice(0, longestFind),
    hasTimes: given('times') !== '0',
    isWrapped: given('wrap') !== '0',
  };
}
