/**
 * The files that are generated from the schemas are up to date, and programs load no more than they
 * need.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { configSchema } from '../../src/config/schema.ts';
import { jobSchema } from '../../src/job/keys/schema.ts';
import type { Schema } from '../../src/yaml/schema.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');

test('the committed schemas and reference pages are up to date', () => {
  const { stderr, status } = spawnSync(process.execPath, ['scripts/generate.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
});

function* keysOf(schema: Schema, path = ''): Generator<readonly [string, Schema]> {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    yield [`${path}${key}`, value];
    if (key !== 'default_job_config') yield* keysOf(value, `${path}${key}.`);
  }
}

for (const [name, schema] of [
  ['job', jobSchema],
  ['configuration', configSchema],
] as const) {
  test(`every key of the ${name} says what it is for and what it must be`, () => {
    for (const [key, value] of keysOf(schema)) {
      assert.match(value.description ?? '', /^[A-Z`].*[.:]$/s, key);
      const told =
        value['x-expected'] ??
        value.enum ??
        (value.type === 'boolean' || value.type === 'object' ? 'plain' : undefined);
      assert.notEqual(told, undefined, key);
    }
  });
}

test('the schemas for editors have all keys, their meaning, and allow keys that start with _', () => {
  const schema = JSON.parse(readFileSync(path.join(root, 'schema/job.schema.json'), 'utf8')) as Schema & {
    patternProperties: unknown;
  };
  assert.deepEqual(Object.keys(schema.properties ?? {}), Object.keys(jobSchema.properties));
  assert.deepEqual(schema.patternProperties, { '^_': {} });
  assert.doesNotMatch(JSON.stringify(schema), /"x-/);
});

test('loading the configuration and a job imports yaml, leven and nothing else', async () => {
  const { metafile } = await build({
    stdin: {
      contents: ['config/load', 'job/load', 'system/file/files', 'system/user/users']
        .map((name) => `export * from './src/${name}.ts';`)
        .join('\n'),
      resolveDir: root,
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? [],
  );
  assert.deepEqual([...new Set(packages)].sort(), ['leven', 'yaml']);
});
