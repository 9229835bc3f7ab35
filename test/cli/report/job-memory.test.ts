/** The jobs that a program has loaded before: known as long as their files are the same. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { jobMemory } from '../../../src/cli/report/job-memory.ts';
import { loadJob } from '../../../src/job/load.ts';
import { files } from '../../../src/system/file/files.ts';
import { until } from '../../waiting.ts';

test('a job is known until its file is written, replaced or removed, and not before its file has settled', async () => {
  const jobDirectory = mkdtempSync(path.join(tmpdir(), 'memory-'));
  const file = path.join(jobDirectory, 'hello.yaml');
  const text = 'name: Hello\ncommand: /bin/true\n';
  const memory = jobMemory({ jobDirectory });
  const load = () => {
    const loaded = loadJob('hello', { jobDirectory, jobDefaults: {}, trustedOwnerUids: [] }, { files });
    assert.ok(loaded?.ok);
    memory.keep('hello', loaded);
  };
  writeFileSync(file, text);
  load();
  assert.equal(memory.find('hello'), undefined);
  await until('the file has settled', () => {
    load();
    return memory.find('hello') !== undefined;
  });
  assert.equal(memory.find('hello')?.value.name, 'Hello');
  writeFileSync(file, text.replace('Hello', 'Howdy'));
  assert.equal(memory.find('hello'), undefined);
  rmSync(file);
  assert.equal(memory.find('hello'), undefined);
  rmSync(jobDirectory, { recursive: true });
});
