/**
 * A parsed YAML document to plain values, led by the schema: it tells which texts are taken as they are written and which words are
 * YAML 1.1 booleans. Objects have no prototype, so that no key of a file is special.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, visit } from 'yaml';
import type { Schema } from './schema.ts';

/** A mistake or a doubt, at an offset of the text. */
export interface Remark {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
}

/** No configuration of ours is nested deeper; an alias that contains itself would never end. */
const deepest = 12;
/** Values that all aliases of a file may stand for together. */
const mostAliased = 1000;
const mostAliases = 100;

/** PyYAML's booleans beyond `true` and `false`, as its resolver spells them; `y` and `n` are text to it. */
const oldBooleans = new Map([
  ...['yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

interface Reading {
  readonly document: Document;
  readonly remarks: Remark[];
  /** Every anchor in the order of the text; found when the first alias is met. */
  anchors?: readonly Node[];
  /** How many aliases were met, and how many values they stand for. */
  aliases: number;
  aliased: number;
  insideAlias: boolean;
  depth: number;
  /** Said once for a file, however often it is true. */
  readonly said: Set<string>;
}

/** The value of a document, and what was wrong or doubtful on the way. */
export function readValue(
  document: Document,
  schema: Schema,
): { readonly value: unknown; readonly remarks: readonly Remark[] } {
  const reading: Reading = {
    document,
    remarks: [],
    aliases: 0,
    aliased: 0,
    insideAlias: false,
    depth: 0,
    said: new Set(),
  };
  const value = read(reading, document.contents, { schema, key: '' });
  return { value, remarks: reading.remarks };
}

interface Expected {
  readonly schema: Schema | undefined;
  /** The key that leads here, for messages. */
  readonly key: string;
}

function read(reading: Reading, node: unknown, expected: Expected): unknown {
  if (isScalar(node)) return readScalar(reading, node, expected);
  if (isAlias(node)) return readAlias(reading, node, expected);
  if (!isMap(node) && !isSeq(node)) return null;
  if (reading.depth === deepest) return sayOnce(reading, node, `the file is nested more than ${deepest} levels deep`);
  reading.depth += 1;
  const value = isMap(node) ? readMap(reading, node.items, expected) : readList(reading, node.items, expected);
  reading.depth -= 1;
  return value;
}

function readMap(reading: Reading, pairs: readonly Pair[], { schema }: Expected): unknown {
  const value = Object.create(null) as Record<string, unknown>;
  for (const { key, value: node } of pairs) {
    const name = isScalar(key) ? String(key.value ?? '') : undefined;
    if (name === undefined) remark(reading, key as Node, 'error', 'a key must be plain text');
    else if (Object.hasOwn(value, name))
      remark(reading, key as Node, 'error', `${JSON.stringify(name)} is given twice`);
    else if (!isOwn(name, schema)) value[name] = read(reading, node, { schema: schemaOfKey(schema, name), key: name });
  }
  return value;
}

/** A key that starts with `_` is the author's own, but where every key is the author's (variables). */
function isOwn(name: string, schema: Schema | undefined): boolean {
  return name.startsWith('_') && typeof schema?.additionalProperties !== 'object';
}

function schemaOfKey(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, name)) return schema.properties[name];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function readList(reading: Reading, nodes: readonly unknown[], { schema, key }: Expected): unknown {
  return nodes.map((node) => read(reading, node, { schema: schema?.items, key }));
}

function readScalar(reading: Reading, node: Scalar, { schema, key }: Expected): unknown {
  if (reading.insideAlias) reading.aliased += 1;
  const written = node.source ?? '';
  if (schema?.['x-as-written']) return written;
  if (node.type !== Scalar.PLAIN) return node.value;
  const old = schema?.type === 'boolean' ? oldBooleans.get(written) : undefined;
  if (old !== undefined) {
    remark(reading, node, 'warning', `"${key}: ${written}" is read as ${old}, as in YAML 1.1; write ${old}`);
    return old;
  }
  // Octal to YAML 1.1, decimal to 1.2: the text is refused where a number is wanted.
  return typeof node.value === 'number' && /^[-+]?0\d/.test(written) ? written : node.value;
}

function readAlias(reading: Reading, alias: { readonly source: string } & Node, expected: Expected): unknown {
  reading.anchors ??= anchorsOf(reading.document);
  const here = alias.range?.[0] ?? 0;
  const node = reading.anchors.findLast((n) => anchorOf(n) === alias.source && (n.range?.[0] ?? 0) < here);
  if (node === undefined) {
    return sayOnce(reading, alias, `a value that starts with * must be in quotes: "*${alias.source}"`);
  }
  reading.aliases += 1;
  if (reading.aliases > mostAliases || reading.aliased > mostAliased) {
    return sayOnce(reading, alias, 'the aliases of this file stand for too many values');
  }
  const outer = reading.insideAlias;
  reading.insideAlias = true;
  const value = read(reading, node, expected);
  reading.insideAlias = outer;
  return value;
}

function anchorOf(node: Node): string | undefined {
  return 'anchor' in node ? (node.anchor as string | undefined) : undefined;
}

function anchorsOf(document: Document): readonly Node[] {
  const found: Node[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (anchorOf(node as Node) !== undefined) found.push(node as Node);
    },
  });
  return found;
}

function sayOnce(reading: Reading, node: Node, message: string): null {
  if (!reading.said.has(message)) remark(reading, node, 'error', message);
  reading.said.add(message);
  return null;
}

function remark(reading: Reading, node: Node | null, severity: Remark['severity'], message: string): void {
  reading.remarks.push({ severity, offset: node?.range?.[0] ?? 0, message });
}
