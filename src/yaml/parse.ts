/**
 * Parses the bytes of a file into a value that its schema allows, or into every problem with its
 * line and column.
 *
 * text.ts decodes, the yaml library parses, syntax.ts words its errors, value.ts makes plain
 * values, the generated validator judges them, schema-problems.ts words its errors.
 */
import { type Node, parseDocument, Schema as YamlSchema } from 'yaml';
import type { Problem, Result } from '../text/problem.ts';
import { nodeAt, offsetInText, offsetOf, type Path, type Place, placeOf } from './place.ts';
import type { Schema, SchemaError, Validator } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { type Spelling, spellingOf } from './spelling.ts';
import { strangerProblem } from './stranger.ts';
import type { Synonyms } from './synonym.ts';
import { syntaxProblems } from './syntax.ts';
import { decode } from './text.ts';
import { readValue, type TextProblem } from './value.ts';

/** The format of a kind of file. */
export interface Format {
  readonly schema: Schema;
  readonly validate: Validator;
  readonly synonyms?: Synonyms;
}

/** A file to parse. */
export interface Source {
  /** The name of the file in problems. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** A value, and the places of its parts in the file. */
export interface Located<T> {
  readonly value: T;
  /**
   * The place of a value, or of the character at `index` (0-based) of a text; `undefined` for a
   * path that is not in the file.
   */
  place(path: Path, index?: number): Place | undefined;
  /** The spelling of a text in the file; `undefined` for a path that leads to no text. */
  spelling(path: Path): Spelling | undefined;
}

/** `sound` holds the top-level keys without problems, so that audits can still check them. */
export type ParseAnswer<T> = Result<Located<T>> & { readonly sound?: Located<T> };

/**
 * YAML 1.2 core, whatever a `%YAML` line says, without merge keys. The library would build a schema
 * for each file.
 */
const yamlSchema = new YamlSchema({ schema: 'core', resolveKnownTags: false, merge: false });
const options = {
  version: '1.2',
  schema: yamlSchema,
  strict: true,
  stringKeys: true,
  resolveKnownTags: false,
  prettyErrors: false,
  // The library's check is quadratic; value.ts finds duplicate keys.
  uniqueKeys: false,
} as const;

/** The most problems that are reported: a hostile file could have tens of thousands. */
const mostProblems = 100;

/** `given` tells which required keys come from elsewhere (defaults). */
export function parseYaml<T>(
  source: Source,
  format: Format,
  given: (key: string) => boolean = () => false,
): ParseAnswer<T> {
  const decoded = decode(source.bytes);
  if (!decoded.ok) return { ok: false, problems: [{ file: source.file, ...decoded.problem }] };
  const { text } = decoded;
  const document = parseDocument(text, options);
  const unread = syntaxProblems(text, document);
  const stranger = strangerProblem(text, document.contents as Node | null, format);
  if (stranger !== undefined) return { ok: false, problems: problemsOf([stranger], text, source.file) };
  if (unread.length > 0) return { ok: false, problems: problemsOf(unread, text, source.file) };

  const root = document.contents as Node | null;
  const { value, problems: ofValue, incomplete } = readValue(document, format.schema);
  const errors = incomplete || format.validate(value) ? [] : (format.validate.errors ?? []);
  const ofSchema = schemaProblems(errors.slice(0, mostProblems), {
    ...{ root, schema: format.schema, given },
    ...(errors.length > 0 && format.synonyms && { synonyms: format.synonyms }),
  });
  // A value that could not be read is reported already; the validator would report it again.
  const unreadAt = new Set(ofValue.map(({ offset }) => offset));
  const all = [...ofValue, ...ofSchema.filter(({ offset }) => !unreadAt.has(offset))];
  const problems = problemsOf(all, text, source.file);
  const where = { place: placer(text, root), spelling: (path: Path) => spellingOf(text, root, path) };
  if (!problems.some(({ severity }) => severity === 'error')) {
    return { ok: true, value: { value: value as T, ...where }, warnings: problems };
  }
  if (incomplete) return { ok: false, problems };
  return { ok: false, problems, sound: { value: withoutBlamed(value, errors) as T, ...where } };
}

function withoutBlamed(value: unknown, errors: readonly SchemaError[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const blamed = new Set(
    errors.map(({ instancePath, params }) => instancePath.split('/')[1] ?? params.additionalProperty),
  );
  return Object.fromEntries(Object.entries(value).filter(([key]) => !blamed.has(key)));
}

function placer(text: string, root: Node | null): Located<unknown>['place'] {
  return (path, index) => {
    const node = nodeAt(root, path);
    if (node === undefined) return undefined;
    const offset = index === undefined ? undefined : offsetInText(text, node.value, index);
    return placeOf(text, offset ?? offsetOf(node));
  };
}

/** Returns the problems in the order of the text. */
function problemsOf(problems: readonly TextProblem[], text: string, file: string): readonly Problem[] {
  return [...problems]
    .sort((a, b) => a.offset - b.offset)
    .slice(0, mostProblems)
    .map(({ severity, offset, message, rule }) => {
      const place = placeOf(text, offset);
      return { severity, file, ...place, message, ...(rule !== undefined && { rule }) };
    });
}
