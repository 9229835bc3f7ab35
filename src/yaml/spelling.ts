/**
 * The spelling of a text in its file, which shows what the value no longer does: folded line ends
 * and a comment behind it.
 */
import { isScalar, type Node, Scalar } from 'yaml';
import { nodeAt, type Path } from './place.ts';

export interface Spelling {
  readonly style: 'plain' | 'single-quoted' | 'double-quoted' | 'folded' | 'literal';
  /** The text as it stands in the file, with its quotes or its `>`. */
  readonly text: string;
  /** The comment behind the text on its last line, with the `#`; else empty. */
  readonly comment: string;
}

const styles: Readonly<Record<string, Spelling['style']>> = {
  [Scalar.PLAIN]: 'plain',
  [Scalar.QUOTE_SINGLE]: 'single-quoted',
  [Scalar.QUOTE_DOUBLE]: 'double-quoted',
  [Scalar.BLOCK_FOLDED]: 'folded',
  [Scalar.BLOCK_LITERAL]: 'literal',
};

export function spellingOf(source: string, root: Node | null, path: Path): Spelling | undefined {
  const node = nodeAt(root, path)?.value;
  const style = isScalar(node) ? styles[node.type ?? ''] : undefined;
  if (!isScalar(node) || !node.range || style === undefined) return undefined;
  const [start, end] = node.range;
  const isBlock = style === 'folded' || style === 'literal';
  const comment = isBlock ? '' : (/^[ \t]+(#[^\r\n]*)/.exec(source.slice(end, end + 500))?.[1] ?? '');
  return { style, text: source.slice(start, end), comment };
}
