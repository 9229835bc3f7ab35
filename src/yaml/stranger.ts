/**
 * Tells a file of another kind from one of ours that has problems. A program that quotes a file for
 * the person who named it must not quote /etc/shadow or a private key, so nothing is quoted from a
 * file that has none of our keys.
 */
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { nearest } from '../text/nearest.ts';
import { unitNote } from './foreign.ts';
import type { Schema } from './schema.ts';
import { type Synonyms, synonymOf } from './synonym.ts';
import type { TextProblem } from './value.ts';

/** The most keys that are compared, which is slow; a hostile file may have thousands. */
const mostMeant = 100;

interface Known {
  readonly schema: Schema;
  /** Keys of other programs; a file that has only such keys counts as ours. */
  readonly synonyms?: Synonyms;
}

export function strangerProblem(text: string, root: Node | null, format: Known): TextProblem | undefined {
  const { schema } = format;
  const known = Object.keys(schema.properties ?? {});
  if (root === null || text.trim() === '') return undefined;
  const keys = topKeys(text, root);
  const isMeant = (key: string) => key.startsWith('_') || nearest(key, known) !== undefined;
  if (keys.some((key) => known.includes(key)) || keys.slice(0, mostMeant).some(isMeant)) return undefined;
  if (
    keys.length > 0 &&
    keys.length <= mostMeant &&
    keys.every((key) => synonymOf([key], format.synonyms) !== undefined)
  )
    return undefined;
  const offset = Math.max(0, text.search(/\S/));
  const rule = `the file must be ${schema['x-expected'] ?? 'a mapping'}${kindOf(text, root)}`;
  return { severity: 'error', offset, message: rule, rule };
}

function kindOf(text: string, root: Node): string {
  const unit = unitNote(text);
  if (unit !== undefined) return `; this begins with ${unit}`;
  if (isSeq(root)) return ', found a list';
  return isScalar(root) ? ', found text' : '; none of its lines begins with a key that is known here';
}

/**
 * Returns the keys at the top, also of a text that is not valid YAML, so that its author learns
 * where it is wrong.
 */
function topKeys(text: string, root: Node | null): readonly string[] {
  const read = isMap(root) ? root.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) : [];
  const written = [...text.matchAll(/^["']?([A-Za-z_$][\w$-]{0,60})["']?[ \t]*:(?=[ \t\r\n]|$)/gm)];
  return [...read, ...written.map(([, key = '']) => key)];
}
