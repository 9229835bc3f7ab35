/** The JSON Schemas of this program: draft-07 with two annotations of our own. */
import type { FromSchema } from 'json-schema-to-ts';

export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: { readonly [key: string]: Schema };
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly required?: readonly string[];
  /** The words behind "must be" in every problem of this value. */
  readonly 'x-expected'?: string;
  /** The value is taken as the text in the file, not as YAML reads it: `010` stays `010`. */
  readonly 'x-as-written'?: boolean;
}

/** The values of some keys of a file as their schemas allow them; each may be missing. */
export type WrittenKeys<Properties extends Readonly<Record<string, object>>> = Partial<
  FromSchema<
    { readonly type: 'object'; readonly properties: Properties; readonly additionalProperties: false },
    { keepDefaultedPropertiesOptional: true }
  >
>;

/** A generated validator: ajv's standalone code, which stores its errors on itself. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/** The parts of an ajv error that our messages need. */
export interface SchemaError {
  /** JSON pointer of the value. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: { readonly [name: string]: unknown };
  /** Set for errors about the name of a key; a `propertyNames` error about the same key follows. */
  readonly propertyName?: string;
}

/**
 * One character that can be shown anywhere: no control character, and none that changes the writing
 * direction.
 */
const shown = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]';

/** Returns a pattern for one printable line of 1 to `longest` characters. */
export function oneLine(longest: number): string {
  return `^${shown}{1,${longest}}$`;
}

/** The pattern of an absolute path in printable characters. */
export const absolutePath = `^/${shown}{0,4000}$`;
