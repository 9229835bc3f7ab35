/**
 * The JSON of etcd's gateway: keys and values are base64, 64-bit numbers are strings, and what is 0,
 * false or empty is left out of answers.
 */

import type { Change, Entry, Guard, KeyRange } from '../../types/engine.ts';

export function rangeRequest(range: KeyRange): object {
  if ('key' in range) return { request_range: { key: encode(range.key) } };
  return { request_range: { key: encode(range.prefix), range_end: encode(after(range.prefix)) } };
}

export function comparison({ key, modified }: Guard): object {
  return { key: encode(key), target: 'MOD', result: 'EQUAL', mod_revision: modified };
}

export function changeRequest(change: Change): object {
  switch (change.is) {
    case 'put': {
      const { key, value, lease } = change;
      return { request_put: { key: encode(key), value: encode(value), ...(lease !== undefined && { lease }) } };
    }
    case 'delete':
      return { request_delete_range: { key: encode(change.key) } };
    case 'delete-range':
      return { request_delete_range: { key: encode(change.from), range_end: encode(change.to) } };
    default:
      return change satisfies never;
  }
}

/** The parts of an answer that are used. Each may be left out. */
export interface Answer {
  readonly header?: { readonly member_id?: string; readonly revision?: string };
  readonly succeeded?: boolean;
  readonly responses?: readonly { readonly response_range?: { readonly kvs?: readonly KeyValue[] } }[];
  readonly ID?: string;
  readonly TTL?: string;
  readonly token?: string;
  /** The answer, where a request has a stream of them. */
  readonly result?: Answer;
  readonly error?: unknown;
  readonly code?: number;
  readonly message?: string;
}

interface KeyValue {
  readonly key?: string;
  readonly value?: string;
  readonly mod_revision?: string;
}

export function entriesIn({ responses = [] }: Answer): readonly Entry[] {
  return responses.flatMap(({ response_range: { kvs = [] } = {} }) =>
    kvs.map(({ key, value, mod_revision = '0' }) => ({
      key: decode(key),
      value: decode(value),
      modified: mod_revision,
    })),
  );
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function decode(base64: string = ''): string {
  return Buffer.from(base64, 'base64').toString();
}

/** The first key behind all keys with a prefix of ASCII characters. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
