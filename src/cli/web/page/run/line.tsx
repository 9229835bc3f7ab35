/** One line of a log as it is shown: its number, its time, and its text in the colours that its program gave it. */
import { type Place, textOf } from '../../read/line-search.ts';
import { type Piece, Pieces, piecesOf } from '../frame/output.tsx';

/** More of one line is not shown; the raw log has it. */
const shownBytes = 4096;

/** Everything that is shown of a line, also to the script that follows a log. */
export interface ShownLine {
  readonly id: string;
  readonly number: string;
  readonly time: string;
  /** A class name; empty for plain output. */
  readonly kind: string;
  readonly pieces: readonly Piece[];
  /** Words about what is left out; empty when nothing is. */
  readonly more: string;
}

export function shownLine({ at, bytes, number }: Place): ShownLine {
  const head = bytes.toString('utf8', 0, 64);
  const [, time = '', level = ''] = /^\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d),\d{3}\t([A-Z]{4,5}\+?)\t/.exec(head) ?? [];
  const left = bytes.length - shownBytes;
  return {
    id: number === undefined ? `B${at}` : `L${number}`,
    number: number === undefined ? '·' : String(number),
    time,
    kind: kindOfLevel(level),
    pieces: piecesOf(bytes.subarray(stampEnd(bytes), shownBytes)),
    more: left > 0 ? ` … ${left.toLocaleString('en')} more bytes, in the raw log` : '',
  };
}

interface LineProps {
  readonly line: ShownLine;
  /** The address that the number leads to. */
  readonly to: string;
}

export function Line({ line: { id, number, time, kind, pieces, more }, to }: LineProps) {
  return (
    <li id={id} class={kind === '' ? undefined : kind}>
      <a class="number" href={to}>
        {number}
      </a>
      <span class="time">{time}</span>
      <span class="text">
        <Pieces pieces={pieces} />
        {more !== '' && <em class="soft">{more}</em>}
      </span>
    </li>
  );
}

/** The byte at which the text of a line begins, behind its stamp and level. */
function stampEnd(line: Buffer): number {
  const text = line.toString('latin1', 0, 40);
  return text.length - textOf(text).length;
}

function kindOfLevel(level: string): string {
  if (level.startsWith('ERROR')) return 'err';
  return level === 'NOTE' ? 'note' : '';
}
