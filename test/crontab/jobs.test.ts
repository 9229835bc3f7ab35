import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobMemory, type KnownJob, loadCrontabJobs } from '../../src/crontab/jobs.ts';
import type { FileFacts, Files } from '../../src/system/types/file.ts';

const facts: FileFacts = {
  kind: 'file',
  uid: 0,
  gid: 0,
  mode: 0o644,
  sizeBytes: 10,
  mtimeMs: 1000,
  ctimeMs: 1000,
  inode: 7,
  device: 1,
  links: 1,
};

/** A job directory, and a reader that counts what it was asked for. */
class Directory {
  readonly present = new Map<string, FileFacts>();
  readonly asked: string[] = [];
  memory: string | undefined;
  nowMs = 1_000_000;
  fingerprint = 'one';
  zoneDigest = 'law of 2025';
  timeZone: string | undefined;

  load() {
    this.asked.length = 0;
    const memory = jobMemory(this.memory, this.fingerprint, () => this.zoneDigest);
    const files: Pick<Files, 'list' | 'facts'> = {
      list: () => [...this.present.keys()].map((slug) => `${slug}.yaml`),
      facts: (path) => this.present.get(path.slice('/jobs/'.length, -'.yaml'.length)),
    };
    const read = (slug: string): KnownJob => {
      this.asked.push(slug);
      if (slug.startsWith('bad')) return { is: 'broken', job: { slug, source: slug, line: 2 }, problems: [] };
      const problems = [{ severity: 'warning', file: slug, message: 'hm' } as const];
      return {
        is: 'good',
        job: {
          ...{ slug, name: slug, source: slug, disabled: false, service: false, catchUp: false },
          ...(this.timeZone !== undefined && { timeZone: this.timeZone }),
        },
        problems,
      };
    };
    const loaded = loadCrontabJobs({ jobDirectory: '/jobs', files: files as Files, nowMs: this.nowMs, memory, read });
    this.memory = memory.text() ?? this.memory;
    return loaded;
  }
}

function remembered(): Directory {
  const directory = new Directory();
  for (const slug of ['a', 'bad', 'c']) directory.present.set(slug, facts);
  directory.load();
  assert.deepEqual(directory.asked, ['a', 'bad', 'c']);
  return directory;
}

test('unchanged files are not read again and give the same result', () => {
  const directory = remembered();
  const first = directory.load();
  assert.ok(first.is === 'loaded');
  assert.deepEqual(
    first.jobs.map(({ slug }) => slug),
    ['a', 'c'],
  );
  assert.deepEqual(first.broken, [{ slug: 'bad', source: 'bad', line: 2 }]);
  assert.deepEqual(
    first.problems.map(({ file }) => file),
    ['a', 'c'],
  );
  assert.deepEqual(directory.asked, []);
  directory.memory = undefined;
  assert.deepEqual(directory.load(), first);
});

/** Each difference alone means that the file has changed. */
const changes: readonly (keyof FileFacts)[] = ['sizeBytes', 'mtimeMs', 'ctimeMs', 'inode'];

for (const key of changes) {
  test(`a file with another ${key} is read again`, () => {
    const directory = remembered();
    directory.present.set('a', { ...facts, [key]: 1001 });
    directory.load();
    assert.deepEqual(directory.asked, ['a']);
    directory.load();
    assert.deepEqual(directory.asked, []);
  });
}

test('a file that was changed just now is read each time, because it may change again with the same time stamp', () => {
  const directory = remembered();
  directory.present.set('a', { ...facts, ctimeMs: directory.nowMs - 1500 });
  directory.load();
  directory.load();
  assert.deepEqual(directory.asked, ['a']);
  directory.nowMs += 1000;
  directory.load();
  directory.load();
  assert.deepEqual(directory.asked, []);
});

test('a link is read each time, because its target may change', () => {
  const directory = remembered();
  directory.present.set('a', { ...facts, kind: 'symlink' });
  directory.load();
  directory.load();
  assert.deepEqual(directory.asked, ['a']);
});

test('another configuration or program forgets everything', () => {
  const directory = remembered();
  directory.fingerprint = 'two';
  directory.load();
  assert.equal(directory.asked.length, 3);
});

test("a cache that can't be parsed is ignored", () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"fingerprint":"one"}',
    '{"fingerprint":"one","jobs":7}',
    '{"fingerprint":"one","jobs":[1]}',
  ]) {
    const directory = remembered();
    directory.memory = text;
    directory.load();
    assert.equal(directory.asked.length, 3, text);
  }
});

test('files that are gone are forgotten, and an unchanged cache is not written', () => {
  const directory = remembered();
  assert.equal(jobMemory(directory.memory, 'one', () => 'a').text() === undefined, false, 'all are gone');
  directory.present.delete('c');
  directory.load();
  assert.doesNotMatch(directory.memory ?? '', /"c"/);
  const memory = jobMemory(directory.memory, 'one', () => 'a');
  for (const slug of ['a', 'bad']) assert.ok(memory.recall(slug, '7:10:1000:1000'));
  assert.equal(memory.text(), undefined);
});

test('a job that names a zone is read again if the data of the zone change, other jobs are not', () => {
  const directory = new Directory();
  directory.present.set('plain', facts);
  directory.load();
  directory.zoneDigest = 'law of 2026';
  directory.load();
  assert.deepEqual(directory.asked, []);
  directory.timeZone = 'Europe/Berlin';
  directory.present.set('zoned', facts);
  directory.load();
  directory.load();
  assert.deepEqual(directory.asked, []);
  directory.zoneDigest = 'law of 2027';
  directory.load();
  assert.deepEqual(directory.asked, ['zoned']);
});
