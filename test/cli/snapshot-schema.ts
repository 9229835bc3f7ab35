/** Holds what programs print to the schemas of schema/, and finds keys that the schemas do not know. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { repository } from './house.ts';

type Schema = { [key: string]: unknown };

/** The published schema lets later versions add keys; a test must not. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = inner.type === 'object' && typeof inner.properties === 'object' && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

const ajv = new Ajv({ strict: false, allErrors: true });
for (const name of ['snapshot', 'api', 'fleet']) {
  const file = path.join(repository, `schema/${name}.schema.json`);
  ajv.addSchema(closed(JSON.parse(readFileSync(file, 'utf8'))) as Schema, name);
}

export type Part = 'HostSnapshot' | 'JobSnapshot' | 'BrokenJobSnapshot' | 'HostFacts';

/** Throws with every difference. */
export function assertMatches(value: unknown, part: Part): void {
  assertIs(value, `snapshot#/definitions/${part}`);
}

/** The same for `jobctl fleet --json`. */
export function assertFleet(value: unknown): void {
  assertIs(value, 'fleet#/definitions/FleetView');
}

/** The same for an answer of the page. */
export function assertAnswer(value: unknown, part: string): void {
  assertIs(value, `api#/definitions/${part}`);
}

function assertIs(value: unknown, part: string): void {
  const validate = ajv.getSchema(part);
  assert.ok(validate, part);
  const isValid = validate(value);
  const problems = (validate.errors ?? []).map(({ instancePath, message, params }) => [instancePath, message, params]);
  assert.ok(isValid, `${JSON.stringify(problems.slice(0, 5))} in ${JSON.stringify(value).slice(0, 2000)}`);
}

/** A line of `jobctl status --json`. */
export function assertJob(value: unknown): void {
  const isBroken = typeof value === 'object' && value !== null && 'problems' in value;
  assertMatches(value, isBroken ? 'BrokenJobSnapshot' : 'JobSnapshot');
}
