/**
 * Decodes small records that any job could have overwritten: each becomes a new value that has the
 * keys of its type and no others; `undefined` means that the record is malformed. The compiler
 * requires a decoder for each key of a type, so both stay in step.
 */

export type Decoder<T> = (value: unknown) => T | undefined;

/** Decodes a key that may be absent. If it is there and malformed, so is the record. */
export interface Optional<T> {
  readonly optional: Decoder<T>;
}

/** One decoder for each key of a type, optional ones marked. */
export type Shape<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : Decoder<T[K]>;
};

export const text: Decoder<string> = (value) => (typeof value === 'string' ? value : undefined);

export const flag: Decoder<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);

/**
 * A duration in seconds or milliseconds: a century at most, so that it can be subtracted from a
 * time.
 */
export const duration: Decoder<number> = (value) =>
  typeof value === 'number' && value >= 0 && value <= 3.2e12 ? value : undefined;

/** An instant in milliseconds since 1970, up to the year 9999, the last with four digits. */
export const time: Decoder<number> = (value) =>
  typeof value === 'number' && value >= 0 && value < 253_402_300_800_000 ? value : undefined;

/** The distance of two instants in milliseconds, of either sign. */
export const difference: Decoder<number> = (value) =>
  typeof value === 'number' && Math.abs(value) < 253_402_300_800_000 ? value : undefined;

/** A whole number, 0 or more. */
export const count: Decoder<number> = (value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

export function oneOf<T extends string | number | boolean>(...known: readonly T[]): Decoder<T> {
  return (value) => known.find((each) => each === value);
}

export function optional<T>(decoder: Decoder<T>): Optional<T> {
  return { optional: decoder };
}

export function list<T>(decoder: Decoder<T>): Decoder<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const decoded = value.map(decoder);
    return decoded.every((each) => each !== undefined) ? (decoded as T[]) : undefined;
  };
}

/** An object of any keys with values of one kind. */
export function mapOf<T>(decoder: Decoder<T>): Decoder<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isObject(value)) return undefined;
    const decoded = Object.entries(value).map(([key, each]) => [key, decoder(each)] as const);
    return decoded.every(([, each]) => each !== undefined)
      ? (Object.fromEntries(decoded) as Record<string, T>)
      : undefined;
  };
}

/**
 * Decodes an object key by key. Histories have thousands of records and are read before each run,
 * so the loop is fast even before it is compiled.
 */
export function shape<T extends object>(keys: Shape<T>): Decoder<T> {
  const names = Object.keys(keys);
  const written = Object.values(keys) as readonly (Decoder<unknown> | Optional<unknown>)[];
  const decoders = written.map((decoder) => (typeof decoder === 'function' ? decoder : decoder.optional));
  const mayBeAbsent = written.map((decoder) => typeof decoder !== 'function');
  return (value) => {
    if (!isObject(value)) return undefined;
    const decoded: Record<string, unknown> = {};
    for (let at = 0; at < names.length; at += 1) {
      const name = names[at] as string;
      const own = Object.hasOwn(value, name) ? value[name] : undefined;
      if (own === undefined && mayBeAbsent[at]) continue;
      const part = decoders[at]?.(own);
      if (part === undefined) return undefined;
      decoded[name] = part;
    }
    return decoded as T;
  };
}

/** Decodes variants that differ by the value of one key, each with its own decoder. */
export function tagged<T extends object, K extends keyof T & string>(
  key: K,
  variants: { readonly [V in T[K] & string]: Decoder<Extract<T, Readonly<Record<K, V>>>> },
): Decoder<T> {
  return (value) => {
    const tag = tagOf(value, key);
    if (tag === undefined || !Object.hasOwn(variants, tag)) return undefined;
    return variants[tag as T[K] & string](value);
  };
}

/** Returns the value of the key by which variants differ. */
export function tagOf(value: unknown, key: string): string | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? text(value[key]) : undefined;
}

/** Decodes a record from JSON. */
export function decodeJson<T>(json: string | undefined, decoder: Decoder<T>): T | undefined {
  if (json === undefined) return undefined;
  try {
    return decoder(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
