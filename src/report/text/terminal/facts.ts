/** Facts about one job at a terminal: folded behind their labels, with the colours of the listing. */
import { coloursOfStates } from '../listing.ts';
import { type Colour, painted, type Terminal } from './colour.ts';
import { folded } from './fold.ts';

/** The column at which the values stand, behind their labels. */
const valueColumn = 20;
const label = /^([a-z][a-z ]*:)( *)/;

/** Lines of facts. Where there is little room, a value stands one blank behind its label. */
export function foldedFacts(facts: string, columns: number): readonly string[] {
  const isWide = columns >= 3 * valueColumn;
  return facts.split('\n').flatMap((line) => {
    const written = isWide ? line : line.replace(/^([a-z][a-z ]*:) {2,}/, '$1 ');
    return folded(written, columns, line.startsWith(' ') ? 4 : isWide ? valueColumn : 2, 'kept');
  });
}

const instances: Readonly<Record<string, Colour>> = {
  up: 'green',
  starting: 'cyan',
  stopping: 'magenta',
  stopped: 'magenta',
  down: 'magenta',
  backoff: 'yellow',
  unhealthy: 'yellow',
  failed: 'red',
};

/** One line as `foldedFacts` made it. */
export function paintedFact(line: string, terminal: Pick<Terminal, 'isColoured'>): string {
  const broken = /^(\S+: )(its file (?:is gone|has problems))$/.exec(line);
  if (broken !== null) return `${broken[1]}${painted('red', terminal)(broken[2] ?? '')}`;
  const instance = /^(\S+\.\d+ +)([a-z]+)(.*)$/.exec(line);
  if (instance !== null) {
    const [, name = '', at = '', rest = ''] = instance;
    return `${name}${painted(instances[at] ?? 'none', terminal)(at)}${rest}`;
  }
  const found = label.exec(line);
  if (found === null) return line;
  const [whole, title = '', blanks = ''] = found;
  const value = line.slice(whole.length);
  return `${painted('dim', terminal)(title)}${blanks}${title === 'state:' ? paintedState(value, terminal) : value}`;
}

function paintedState(value: string, terminal: Pick<Terminal, 'isColoured'>): string {
  return value.replace(/^[\w-]+/, (state) => painted(coloursOfStates.get(state) ?? 'none', terminal)(state));
}
