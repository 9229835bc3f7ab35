import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { validate } from '../../src/generated/validate-config.ts';
import { parseYaml } from '../../src/yaml/parse.ts';

const file = path.resolve(import.meta.dirname, '../../../etc/process-control.yaml');
const shipped = readFileSync(file, 'utf8');
/** A comment has a blank behind its #; a key that is commented out has none. */
const uncommented = shipped.replaceAll(/^#(?=\S| {2})/gm, '');

test('the configuration that is shipped holds as it is, and with any of its comments taken away', () => {
  for (const text of [shipped, uncommented]) {
    const result = parseYaml({ file, bytes: Buffer.from(text) }, { schema: configSchema, validate });
    assert.deepEqual(result.ok ? result.warnings : result.problems, []);
  }
});

test('the configuration that is shipped shows every key, and its default where there is one', () => {
  const shown = parse(uncommented) as Record<string, unknown>;
  assert.deepEqual(Object.keys(shown).sort(), Object.keys(configSchema.properties).sort());
  for (const [key, schema] of Object.entries(configSchema.properties)) {
    if ('default' in schema) assert.deepEqual(shown[key], schema.default, key);
  }
});
