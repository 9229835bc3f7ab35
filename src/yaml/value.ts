/**
 * Makes plain values of a parsed YAML document. The schema decides which texts are taken as they
 * are written and which words are YAML 1.1 booleans. Every key becomes a property of its own,
 * `__proto__` too.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, visit } from 'yaml';
import type { Schema } from './schema.ts';

/** A problem at an offset of the text. */
export interface TextProblem {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
  /** The message without a word of the file. */
  readonly rule?: string;
}

/** Deeper than any of our formats; an alias that contains itself would never end. */
const deepest = 12;
/** The most values that all aliases of a file may stand for together. */
const mostAliased = 1000;
const mostAliases = 100;

/** The booleans of PyYAML beyond `true` and `false`; `y` and `n` are text to it. */
const oldBooleans = new Map([
  ...['yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

interface Reader {
  readonly document: Document;
  readonly problems: TextProblem[];
  /** Every anchor in the order of the text, collected at the first alias. */
  anchors?: readonly Node[];
  /** The number of aliases so far, and of the values that they stand for. */
  aliases: number;
  aliased: number;
  insideAlias: boolean;
  depth: number;
  incomplete: boolean;
}

export interface Reading {
  readonly value: unknown;
  /** Problems that were found on the way. */
  readonly problems: readonly TextProblem[];
  /** Reading was given up, so missing keys are no further problems. */
  readonly incomplete: boolean;
}

export function readValue(document: Document, schema: Schema): Reading {
  const reader: Reader = {
    document,
    problems: [],
    aliases: 0,
    aliased: 0,
    insideAlias: false,
    depth: 0,
    incomplete: false,
  };
  const value = read(reader, document.contents, { schema, key: '' });
  return { value, problems: reader.problems, incomplete: reader.incomplete };
}

interface Expected {
  readonly schema: Schema | undefined;
  /** The key of the value, for messages. */
  readonly key: string;
}

function read(reader: Reader, node: unknown, expected: Expected): unknown {
  if (reader.incomplete) return null;
  if (isScalar(node)) return readScalar(reader, node, expected);
  if (isAlias(node)) return readAlias(reader, node, expected);
  if (!isMap(node) && !isSeq(node)) return null;
  if (reader.depth === deepest) return giveUp(reader, node, `the file is nested more than ${deepest} levels deep`);
  reader.depth += 1;
  const value = isMap(node) ? readMap(reader, node.items, expected) : readList(reader, node.items, expected);
  reader.depth -= 1;
  return value;
}

function readMap(reader: Reader, pairs: readonly Pair[], { schema }: Expected): unknown {
  const value: Record<string, unknown> = {};
  for (const { key, value: node } of pairs) {
    const name = isScalar(key) ? String(key.value ?? '') : undefined;
    if (name === undefined) addProblem(reader, key as Node, 'error', 'a key must be plain text');
    else if (Object.hasOwn(value, name))
      addProblem(reader, key as Node, 'error', `${JSON.stringify(name)} is given twice`);
    else if (!isOwn(name, schema))
      setOwn(value, name, read(reader, node, { schema: schemaOfKey(schema, name), key: name }));
  }
  return value;
}

/** Sets a property, `__proto__` too: an assignment would set the prototype instead. */
function setOwn(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, configurable: true });
  else object[name] = value;
}

/**
 * True for keys that start with `_`, which are the author's own; not for `__proto__`, nor in a
 * mapping of variables.
 */
function isOwn(name: string, schema: Schema | undefined): boolean {
  return name.startsWith('_') && name !== '__proto__' && typeof schema?.additionalProperties !== 'object';
}

function schemaOfKey(schema: Schema | undefined, name: string): Schema | undefined {
  if (schema?.properties && Object.hasOwn(schema.properties, name)) return schema.properties[name];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function readList(reader: Reader, nodes: readonly unknown[], { schema, key }: Expected): unknown {
  return nodes.map((node) => read(reader, node, { schema: schema?.items, key }));
}

function readScalar(reader: Reader, node: Scalar, { schema, key }: Expected): unknown {
  if (reader.insideAlias) reader.aliased += 1;
  const written = node.source ?? '';
  if (schema?.['x-as-written']) {
    if ([schema.type].flat().includes('null') && node.type === Scalar.PLAIN && /^(?:~|null|Null|NULL)$/.test(written))
      addProblem(reader, node, 'error', noText(key, written));
    return written;
  }
  if (node.type !== Scalar.PLAIN) return node.value;
  const old = schema?.type === 'boolean' ? oldBooleans.get(written) : undefined;
  if (old !== undefined) {
    addProblem(reader, node, 'warning', `"${key}: ${written}" is read as ${old}, as in YAML 1.1; write ${old}`);
    return old;
  }
  // A leading zero is octal in YAML 1.1 and decimal in 1.2, so the validator gets the text and
  // refuses it as a number.
  return typeof node.value === 'number' && /^[-+]?0\d/.test(written) ? written : node.value;
}

/**
 * `null` is refused as a text: the predecessor read None, other parsers read nothing, and few
 * authors mean the four letters.
 */
function noText(key: string | undefined, written: string): string {
  return `"${key}: ${written}" means no value in YAML: write "" for an empty text, or "${written}" with the quotes for this text`;
}

function readAlias(reader: Reader, alias: { readonly source: string } & Node, expected: Expected): unknown {
  reader.anchors ??= anchorsOf(reader.document);
  const here = alias.range?.[0] ?? 0;
  const node = reader.anchors.findLast((n) => anchorOf(n) === alias.source && (n.range?.[0] ?? 0) < here);
  if (node === undefined) {
    addProblem(reader, alias, 'error', `a value that starts with * must be in quotes: "*${alias.source}"`);
    return null;
  }
  reader.aliases += 1;
  if (reader.aliases > mostAliases || reader.aliased > mostAliased) {
    return giveUp(reader, alias, 'the aliases of this file stand for too many values');
  }
  const outer = reader.insideAlias;
  reader.insideAlias = true;
  const value = read(reader, node, expected);
  reader.insideAlias = outer;
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

function giveUp(reader: Reader, node: Node, message: string): null {
  addProblem(reader, node, 'error', message);
  reader.incomplete = true;
  return null;
}

function addProblem(reader: Reader, node: Node | null, severity: TextProblem['severity'], message: string): void {
  reader.problems.push({ severity, offset: node?.range?.[0] ?? 0, message });
}
