import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';

const file = path.resolve(import.meta.dirname, '../../../etc/process-control.yaml');
const shipped = readFileSync(file, 'utf8');
/** A sentence has one blank behind its #, a key has none, a key of a mapping has two. */
const uncommented = shipped.replaceAll(/^( *)#(?=\w| {2})/gm, '$1');

test('the configuration that is shipped shows every key, and its default where there is one', () => {
  const shown = parse(uncommented) as Record<string, unknown>;
  assert.deepEqual(Object.keys(shown).sort(), Object.keys(configSchema.properties).sort());
  for (const [key, schema] of Object.entries(configSchema.properties)) {
    // A new installation begins with the stricter rule; without the line an older one goes on as it
    // was.
    if (key === 'trust') assert.equal(shown[key], 'strict');
    else if ('default' in schema) assert.deepEqual(shown[key], schema.default, key);
  }
});
