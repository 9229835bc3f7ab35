/**
 * Small records that any job could have written over: each is decoded as it is read, into a new value that has the keys of its type and no
 * others. `undefined` is what can't be understood. A type and its decoder can't drift apart: the compiler asks for a decoder of each key.
 */

export type Decoder<T> = (value: unknown) => T | undefined;

/** Decodes a key that may be absent. When it is there and can't be understood, neither can the record. */
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

/** Seconds or milliseconds that something took: a century at most, so that it can be taken from a time. */
export const duration: Decoder<number> = (value) =>
  typeof value === 'number' && value >= 0 && value <= 3.2e12 ? value : undefined;

/** Milliseconds since 1970, up to the year 9999, which is as far as four digits reach. */
export const time: Decoder<number> = (value) =>
  typeof value === 'number' && value >= 0 && value < 253_402_300_800_000 ? value : undefined;

/** 0 or more. */
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

/** Histories have thousands of records and are read before each run, so the loop is written to be fast before it is compiled. */
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

/** Told apart by the value of one key: a decoder for each. */
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

/** The value of the key by which variants are told apart. */
export function tagOf(value: unknown, key: string): string | undefined {
  return isObject(value) && Object.hasOwn(value, key) ? text(value[key]) : undefined;
}

/** The record in a text of JSON. */
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
