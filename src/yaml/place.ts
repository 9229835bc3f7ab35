/** Places in a YAML text: offsets of keys and values, and their lines and columns. */
import { isAlias, isMap, isScalar, isSeq, type Node, Scalar } from 'yaml';

/** Keys and list positions (0-based) from the root to a value. */
export type Path = readonly (string | number)[];

/** A place in a text; both numbers are 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

/** Returns the line at an offset, without its line break. */
export function lineAt(text: string, offset: number): { readonly start: number; readonly text: string } {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  return { start, text: text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '') };
}

/**
 * Returns the node at the end of a path, and the key that leads to it. Values behind an alias are
 * placed at the alias.
 */
export function nodeAt(
  root: Node | null,
  path: Path,
): { readonly key?: Node; readonly value: Node | null } | undefined {
  let value = root;
  let key: Node | undefined;
  for (const step of path) {
    if (isAlias(value)) break;
    if (isMap(value)) {
      const pair = value.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) return undefined;
      key = pair.key as Node;
      value = pair.value as Node | null;
    } else if (isSeq(value) && typeof step === 'number' && step < value.items.length) {
      key = undefined;
      value = value.items[step] as Node | null;
    } else return undefined;
  }
  return key === undefined ? { value } : { key, value };
}

/** Returns the offset of a value, or of its key if no value is written. */
export function offsetOf(node: { readonly key?: Node; readonly value: Node | null }): number {
  const { key, value } = node;
  const empty = value === null || (isScalar(value) && value.source === '' && value.type === Scalar.PLAIN);
  return (empty ? key : value)?.range?.[0] ?? value?.range?.[0] ?? 0;
}

/**
 * Returns the offset of the character at `index` of a text value, or the start of the value if the
 * file spells it differently (escapes, several lines).
 */
export function offsetInText(source: string, node: Node | null, index: number): number | undefined {
  if (!isScalar(node) || !node.range || typeof node.value !== 'string') return undefined;
  const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE ? 1 : 0;
  const start = node.range[0] + quoted;
  return source.startsWith(node.value, start) ? start + index : node.range[0];
}
