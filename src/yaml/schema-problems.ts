/** Words the errors of a validator: one problem for each, at its offset. */
import { isAlias, isMap, isScalar, isSeq, type Node, Scalar } from 'yaml';
import { nearest } from '../text/nearest.ts';
import { nodeAt, offsetOf, type Path } from './place.ts';
import type { Schema, SchemaError } from './schema.ts';
import { type Synonyms, synonymOf } from './synonym.ts';
import { shorten } from './syntax.ts';
import type { TextProblem } from './value.ts';

export interface Subject {
  readonly root: Node | null;
  readonly schema: Schema;
  /** True for required keys that come from elsewhere, such as defaults. */
  readonly given: (key: string) => boolean;
  readonly synonyms?: Synonyms;
}

export function schemaProblems(errors: readonly SchemaError[], subject: Subject): readonly TextProblem[] {
  const problems = new Map<string, TextProblem>();
  const misspelt = new Set(errors.map((error) => meantPath(error, subject)));
  for (const error of errors) {
    // A key with a misspelt name is reported once, not as missing as well.
    if (error.keyword === 'required' && misspelt.has(missingPath(error))) continue;
    const problem = error.propertyName === undefined ? problemOf(error, subject) : undefined;
    // Several keywords may refuse one value; their message is the same.
    if (problem) problems.set(`${problem.offset} ${problem.message}`, problem);
  }
  return [...problems.values()];
}

function missingPath({ instancePath, params }: SchemaError): string {
  return `${instancePath}/${params.missingProperty}`;
}

/** Returns the path of the key that an unknown key probably stands for. */
function meantPath({ instancePath, keyword, params }: SchemaError, { schema, synonyms }: Subject): string | undefined {
  if (keyword !== 'additionalProperties') return undefined;
  const path = pathOf(instancePath);
  const synonym = synonymOf([...path, String(params.additionalProperty)], synonyms);
  if (synonym?.key !== undefined) return `/${synonym.key.replaceAll('.', '/')}`;
  const near = nearest(String(params.additionalProperty), keysAt(schema, path));
  return near === undefined ? undefined : `${instancePath}/${near}`;
}

function problemOf({ instancePath, keyword, params }: SchemaError, subject: Subject): TextProblem | undefined {
  const path = pathOf(instancePath);
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey([...path, String(params.additionalProperty)], subject);
    case 'propertyNames':
      return badName([...path, String(params.propertyName)], subject);
    case 'required':
      return missing([...path, String(params.missingProperty)], subject);
    default:
      return wrongValue(path, subject);
  }
}

function pathOf(instancePath: string): Path {
  return instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function wrongValue(path: Path, { root, schema }: Subject): TextProblem {
  const node = nodeAt(root, path) ?? { value: root };
  const wanted = expected(schemaAt(schema, path));
  const subject = path.length === 0 ? 'the file' : named(path);
  const rule = `${ruleSubject(path, schema)} must be ${wanted}`;
  const message = `${subject} must be ${wanted}, found ${found(node.value, schemaAt(schema, path))}`;
  return { ...error(offsetOf(node), message), rule };
}

function missing(path: Path, { root, schema, given }: Subject): TextProblem | undefined {
  if (path.length === 1 && given(String(path[0]))) return undefined;
  const node = nodeAt(root, path.slice(0, -1));
  const end = `is missing; it must be ${expected(schemaAt(schema, path))}`;
  return { ...error(node ? offsetOf(node) : 0, `${named(path)} ${end}`), rule: `${ruleSubject(path, schema)} ${end}` };
}

function badName(path: Path, { root, schema }: Subject): TextProblem {
  const rule = schemaAt(schema, path.slice(0, -1))?.propertyNames?.['x-expected'] ?? 'another name';
  return error(keyOffset(root, path), `the name ${JSON.stringify(shorten(String(path.at(-1))))} must be ${rule}`);
}

function unknownKey(path: Path, { root, schema, synonyms }: Subject): TextProblem {
  const key = String(path.at(-1));
  const near = nearest(key, keysAt(schema, path.slice(0, -1)));
  const advice = synonymOf(path, synonyms)?.words ?? (near === undefined ? adviceOn(key) : `did you mean "${near}"?`);
  return {
    ...error(keyOffset(root, path), `unknown key ${named(path, shorten(key))}; ${advice}`),
    rule: 'unknown key',
  };
}

function adviceOn(key: string): string {
  if (key === '<<') return 'merge keys are not read, write the keys out';
  return key.startsWith('_') ? 'no key can have this name' : 'a key of your own must start with "_"';
}

/** `"failmail.to_address"`, `item 2 of "command"`. */
function named(path: Path, last = String(path.at(-1))): string {
  const end = path.at(-1);
  if (typeof end === 'number') return `item ${end + 1} of ${named(path.slice(0, -1))}`;
  return JSON.stringify([...path.slice(0, -1), last].join('.'));
}

/**
 * Returns the subject of a rule: keys of the schema are no secret, but names of variables and the
 * like are.
 */
function ruleSubject(path: Path, schema: Schema): string {
  let known: Path = [];
  for (const step of path) {
    const at = schemaAt(schema, known);
    if (typeof step === 'string' && !Object.hasOwn(at?.properties ?? {}, step)) return `a part of ${named(known)}`;
    known = [...known, step];
  }
  return path.length === 0 ? 'the file' : named(path);
}

function schemaAt(schema: Schema, path: Path): Schema | undefined {
  let at: Schema | undefined = schema;
  for (const step of path) {
    if (typeof step === 'number' && at?.items) at = at.items;
    else if (at?.properties && Object.hasOwn(at.properties, step)) at = at.properties[step];
    else at = typeof at?.additionalProperties === 'object' ? at.additionalProperties : undefined;
  }
  return at;
}

function keysAt(schema: Schema, path: Path): readonly string[] {
  return Object.keys(schemaAt(schema, path)?.properties ?? {});
}

function expected(schema: Schema | undefined): string {
  if (schema?.['x-expected'] !== undefined) return schema['x-expected'];
  if (schema?.enum) return schema.enum.join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (schema?.type === 'boolean') return 'true or false';
  return schema?.type === 'object' ? 'a mapping' : 'another value';
}

/** Returns the value that was found, and the quotes that would make it right. */
function found(node: Node | null, schema: Schema | undefined): string {
  if (isMap(node)) return 'a mapping';
  if (isSeq(node)) return node.items.length === 0 ? 'an empty list' : 'a list';
  if (isAlias(node)) return `the alias *${node.source}`;
  if (!isScalar(node)) return 'nothing';
  const written = node.source ?? '';
  if (node.type === Scalar.PLAIN && written === '') return 'nothing';
  if (typeof node.value === 'string') return `${JSON.stringify(shorten(node.value))}${needless(node, schema)}`;
  if (/^[-+]?0\d/.test(written)) return `${written} (a leading zero is octal to some and decimal to others)`;
  const isProgram = typeof node.value === 'boolean' && /command line/.test(String(schema?.['x-expected']));
  if (isProgram) return `${written} (no text to YAML; for the program write /bin/${written.toLowerCase()})`;
  if (node.value === null) return `${written}, which means no value in YAML`;
  return `${shorten(written)}${lacking(written, schema)}`;
}

function needless(node: Scalar, schema: Schema | undefined): string {
  const number = node.type !== Scalar.PLAIN && /^\d+(?:\.\d+)?$/.test(String(node.value));
  return number && /number|integer/.test(String(schema?.type)) ? ' (leave out the quotes)' : '';
}

function lacking(written: string, schema: Schema | undefined): string {
  const fits = schema?.pattern === undefined || new RegExp(schema.pattern, 'u').test(written);
  return schema?.type === 'string' && !schema.enum && fits ? ' (put it in quotes)' : '';
}

function keyOffset(root: Node | null, path: Path): number {
  const node = nodeAt(root, path);
  return node?.key?.range?.[0] ?? (node ? offsetOf(node) : 0);
}

function error(offset: number, message: string): TextProblem {
  return { severity: 'error', offset, message };
}
