/** A part of a list: at most so many of its items, and where the next part begins. */
import { defined } from '../../../text/defined.ts';

export interface Part {
  readonly limit: number;
  /** Only what comes after this key; absent: from the first. */
  readonly after?: string;
}

const usualLimit = 100;
const longest = 500;

/** `undefined` when the query is none. A cursor is opaque to its reader. */
export function partOf(given: (key: string) => string | undefined): Part | undefined {
  const limit = given('limit') ?? String(usualLimit);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > longest) return undefined;
  const cursor = given('cursor');
  const after = cursor === undefined ? undefined : keyOf(cursor);
  if (cursor !== undefined && after === undefined) return undefined;
  return { limit: Number(limit), ...defined({ after }) };
}

export interface Listed<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

/** `all` are in the order of their keys, or of `isAfter`. */
export function listed<T>(
  all: readonly T[],
  { limit, after }: Part,
  keyOfItem: (item: T) => string,
  isAfter: (key: string, after: string) => boolean = (key, start) => key > start,
): Listed<T> {
  const rest = after === undefined ? all : all.filter((item) => isAfter(keyOfItem(item), after));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, ...(rest.length > limit && last !== undefined && { next: cursorOf(keyOfItem(last)) }) };
}

function cursorOf(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

function keyOf(cursor: string): string | undefined {
  return /^[A-Za-z0-9_-]{1,400}$/.test(cursor) ? Buffer.from(cursor, 'base64url').toString('utf8') : undefined;
}
