/** The answers of the API: a value in its envelope, or an error. */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { HostSnapshot } from '../../../report/host-snapshot.ts';
import { clocklessJson } from '../answer/clockless.ts';
import { weakTag } from '../answer/finish.ts';
import type { ApiAnswer, ErrorAnswer } from './answers.ts';

export function envelope({ name, atMs }: HostSnapshot['host']) {
  return { version: 1, host: name, atMs } as const;
}

/** Its ETag says nothing of the clock: a host on which nothing happens has the same one. */
export function answer(context: Context, value: Exclude<ApiAnswer, ErrorAnswer>): Response {
  const hash = createHash('sha256').update(clocklessJson(value)).digest();
  return context.body(`${JSON.stringify(value)}\n`, 200, { 'Content-Type': json, ETag: weakTag(hash) });
}

const json = 'application/json; charset=utf-8';
const statuses = { 'not-found': 404, 'wrong-query': 400, failed: 500 } as const;

/** The words never repeat what was asked. */
export function refuse(context: Context, code: keyof typeof statuses, words: string): Response {
  const value: ErrorAnswer = { error: { code, words } };
  return context.body(`${JSON.stringify(value)}\n`, statuses[code], { 'Content-Type': json });
}

export function unknownJob(context: Context): Response {
  return refuse(context, 'not-found', 'there is no such job');
}

/** A whole number in these limits, or what it is when it is not given; `undefined` when it is none. */
export function numberOf(
  text: string | undefined,
  usual: number,
  [least, most]: readonly [number, number],
): number | undefined {
  if (text === undefined) return usual;
  return /^\d{1,14}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;
}
