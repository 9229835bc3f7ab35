/** Output of programs: its colours become class names, every other control character is written out, and JSX escapes what is left. */
import Anser from 'anser';
import { PrintableStream } from '../../../../text/printable.ts';

export interface Piece {
  readonly text: string;
  readonly className: string;
}

/** One line of output. */
export function Output({ line }: { readonly line: Uint8Array | string }) {
  return <Pieces pieces={piecesOf(typeof line === 'string' ? Buffer.from(line) : line)} />;
}

export function Pieces({ pieces }: { readonly pieces: readonly Piece[] }) {
  return <>{pieces.map(({ text, className }) => (className === '' ? text : <span class={className}>{text}</span>))}</>;
}

export function piecesOf(line: Uint8Array): readonly Piece[] {
  const stream = new PrintableStream('log');
  const text = stream.take(line) + stream.end();
  if (!text.includes('\u001b')) return [{ text, className: '' }];
  return Anser.ansiToJson(text, { json: true, use_classes: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations }) => ({ text: content, className: classNames(fg, bg, decorations) }),
  );
}

/** The colours that the style knows. */
const known = /^(?:on-)?(?:ansi-(?:bright-)?[a-z]+|bold|dim|italic|underline|strikethrough)$/;

function classNames(fg: string | null, bg: string | null, decorations: readonly string[]): string {
  const colours = [fg ?? '', bg === null || bg === '' ? '' : `on-${bg}`];
  return [...colours, ...decorations].filter((name) => known.test(name)).join(' ');
}
