/** Lines of a log: each with its time, and with the colours that its program gave it as class names. */
import { printable } from '../../../../text/printable.ts';
import { type Place, textOf } from '../../read/line-search.ts';
import type { LogPart, LogQuery } from '../../read/run-log.ts';
import { Output } from '../frame/output.tsx';

/** More of one line is not shown; the raw log has it. */
const shownBytes = 4096;

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
            <a href={to({ from: undefined })} data-follow="">
              follow
            </a>
          )}
        </span>
      </div>
      <p class="soft" aria-live="off">
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
          <Line line={line} to={to} isFound={query.find !== ''} />
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

interface LineProps {
  readonly line: Place;
  readonly to: (more: { readonly from: number; readonly find: string; readonly stream: LogStream }) => string;
  /** A line that was found leads to its place in the log. */
  readonly isFound: boolean;
}

/** Bytes before a found line that are shown with it. */
const contextBytes = 2000;

function Line({ line, to, isFound }: LineProps) {
  const id = line.number === undefined ? `B${line.at}` : `L${line.number}`;
  const text = line.bytes.subarray(0, shownBytes).toString('utf8');
  const [, stamp = '', level = ''] = /^\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d{3}\t([A-Z]{4,5}\+?)\t/.exec(text) ?? [];
  const around = to({ from: Math.max(0, line.at - contextBytes), find: '', stream: 'both' }).replace(/#.*/, `#${id}`);
  const left = line.bytes.length - shownBytes;
  return (
    <li id={id} class={classOfLevel(level)}>
      <a class="number" href={isFound ? around : `#${id}`}>
        {line.number ?? '·'}
      </a>
      <span class="time">{stamp}</span>
      <span class="text">
        <Output line={line.bytes.subarray(stampEnd(line.bytes), shownBytes)} />
        {left > 0 && <em class="soft"> … {number(left)} more bytes, in the raw log</em>}
      </span>
    </li>
  );
}

/** The byte at which the text of a line begins, behind its stamp and level. */
function stampEnd(line: Buffer): number {
  const text = line.toString('latin1', 0, 40);
  return text.length - textOf(text).length;
}

function classOfLevel(level: string): string | undefined {
  if (level.startsWith('ERROR')) return 'err';
  return level === 'NOTE' ? 'note' : undefined;
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
