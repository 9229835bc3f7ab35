/** What a JSON Schema of ours may hold: plain draft-07, and two annotations that only we read. */

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
  /** Stands behind "must be" in every complaint about this value. */
  readonly 'x-expected'?: string;
  /** The value is the text in the file, whatever YAML makes of it: `010` stays `010`. */
  readonly 'x-as-written'?: boolean;
}

/** A generated validator: ajv's standalone code, which leaves its complaints on itself. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly Complaint[] | null;
}

/** As much of an ajv error as our sentences need. */
export interface Complaint {
  /** JSON pointer of the value. */
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: { readonly [name: string]: unknown };
  /** Set on complaints about the name of a key; a `propertyNames` complaint about the same key follows. */
  readonly propertyName?: string;
}

/** One line of text that can be shown anywhere: no control character, nor one that turns the writing direction. */
const shown = '[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]';

/** A pattern for one printable line of 1 to `longest` characters. */
export function oneLine(longest: number): string {
  return `^${shown}{1,${longest}}$`;
}

/** An absolute path in printable characters. */
export const absolutePath = `^/${shown}{0,4000}$`;
