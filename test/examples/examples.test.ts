import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { jobSchema } from '../../src/job/keys/schema.ts';
import { files } from '../../src/system/file/files.ts';
import { formatProblem } from '../../src/text/problem.ts';
import { loadFolder } from '../job/folder.ts';
import { checkSchedule } from '../job/schedule-check.ts';

const examples = path.resolve(import.meta.dirname, '../../../jobs.example');
const fleetExamples = path.resolve(import.meta.dirname, '../../../examples/fleet');
const settingsFiles = ['pools.yaml', 'etcd.yaml'];
const fleetSettings = settingsFiles.map((name) => parse(readFileSync(path.join(fleetExamples, name), 'utf8')).fleet);
const places = new Map(
  [...folderOf(examples), ...folderOf(fleetExamples)].filter(([name]) => !settingsFiles.includes(name)),
);
const names = [...places.keys()];
const texts = [...places.values()].map((file) => readFileSync(file, 'utf8'));
const installed = mkdtempSync(path.join(tmpdir(), 'examples-'));
after(() => rmSync(installed, { recursive: true }));

test('every example is a job without any problem, not even a warning', () => {
  for (const [name, file] of places) copyFileSync(file, path.join(installed, name));
  const trustedOwnerUids = [statSync(installed).uid];
  const fleet = Object.assign({ host: 'web1.example.org' }, ...fleetSettings);
  const settings = { jobDirectory: installed, jobDefaults: {}, trustedOwnerUids, fleet };
  const folder = loadFolder(settings, { files, checkSchedule });
  assert.equal(folder.jobs.size, names.length);
  const problems = [...folder.jobs.values()].flatMap((result) => (result.ok ? result.warnings : result.problems));
  assert.deepEqual([...folder.strays, ...problems].map(formatProblem), []);
});

test('the examples show every key that a job file can have', () => {
  const shown = new Set(texts.flatMap((text) => keysOf(parse(text))));
  const known = keysOf(jobSchema.properties, (value) => (value as { properties?: object }).properties);
  // `environment` holds names of the author's own; `tag` and `tags` are one key.
  assert.deepEqual(
    known.filter((key) => !shown.has(key)),
    [],
  );
});

test('every example teaches its editor the schema and its reader the reason', () => {
  for (const [index, text] of texts.entries()) {
    const [schema, comment] = text.split('\n');
    assert.equal(
      schema,
      '# yaml-language-server: $schema=file:///usr/share/process-control/schema/job.schema.json',
      names[index],
    );
    assert.match(comment ?? '', /^# \w/, names[index]);
  }
});

test('every command of an example names its program by an absolute path', () => {
  for (const [index, text] of texts.entries()) {
    const { command, slow_start_command: slow = [] } = parse(text);
    for (const line of [command, slow].flat()) assert.match(line, /^\//, names[index]);
  }
});

test('every sub-job that an example starts is an example', () => {
  for (const text of texts) {
    for (const [, slug] of text.matchAll(/run-job --job ([\w-]+)$/gm)) assert.ok(names.includes(`${slug}.yaml`), slug);
  }
});

/** The files of a folder, by name. */
function folderOf(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder).map((name) => [name, path.join(folder, name)] as const);
}

/** Keys of a mapping and, behind a dot, those of the mappings in it. */
function keysOf(mapping: object, inner: (value: unknown) => unknown = (value) => value): string[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    const below = inner(value);
    if (typeof below !== 'object' || below === null || Array.isArray(below)) return [key];
    return [key, ...keysOf(below, inner).map((name) => `${key}.${name}`)];
  });
}
