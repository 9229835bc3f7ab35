/** The contents of job files that are kept as text are those that the files have. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { contentLine, contentsText, readContents } from '../../src/job/contents.ts';
import type { Job } from '../../src/job/job.ts';
import { validateJobText } from '../../src/job/load.ts';
import { stampOf } from '../../src/job/stamp.ts';
import type { FileFacts } from '../../src/system/types/file.ts';

const root = path.join(import.meta.dirname, '../../..');

function jobOf(text: string, slug = 'a'): Job {
  const result = validateJobText({ file: `${slug}.yaml`, bytes: Buffer.from(text) }, {});
  assert.ok(result.ok, `${slug}: ${text}`);
  return { slug, path: `/jobs/${slug}.yaml`, sha256: '', ...result.value };
}

function examples(): readonly Job[] {
  return ['jobs.example', 'test/fixtures/jobs'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .flatMap((name) => {
        const bytes = readFileSync(path.join(root, folder, name));
        const result = validateJobText({ file: name, bytes }, {});
        const slug = name.replace(/\W+/g, '-');
        return result.ok ? [{ slug, path: `/jobs/${slug}.yaml`, sha256: '', ...result.value }] : [];
      }),
  );
}

test('every example that is read again is the same, and its schedule too', () => {
  const jobs = examples();
  assert.ok(jobs.length > 30, `${jobs.length} examples`);
  const lines = jobs.map((job) => contentLine(`stamp of ${job.slug}`, job));
  const contents = readContents(
    contentsText(
      'print',
      lines.flatMap((line) => line ?? []),
    ),
    'print',
  );
  for (const [index, job] of jobs.entries()) {
    const found = contents.find(job.slug, `stamp of ${job.slug}`);
    const { slug, path, sha256, ...content } = job;
    if (lines[index] === undefined) assert.equal(job.policy.maxFailures, Infinity, slug);
    else assert.deepEqual(found, content, `${slug} ${path}${sha256}`);
  }
});

test('nothing is known by another fingerprint or stamp, of another job, or from a text that is none', () => {
  const line = contentLine('1:2', jobOf('name: A\ncommand: /bin/true\n')) ?? '';
  const text = contentsText('print', [line]);
  assert.equal(readContents(text, 'print').find('a', '1:2')?.name, 'A');
  assert.equal(readContents(text, 'print').line('a', '1:2'), line);
  for (const [slug, stamp] of [
    ['a', '1:3'],
    ['a', '1'],
    ['a', ''],
    ['b', '1:2'],
    ['', '1:2'],
  ] as const)
    assert.equal(readContents(text, 'print').find(slug, stamp), undefined, `${slug} ${stamp}`);
  for (const other of [undefined, '', 'print', 'other\n', text.replace('print', 'prints')])
    assert.equal(readContents(other, 'print').find('a', '1:2'), undefined, other);
});

test('an infinite number of attempts is not kept, since JSON has no word for it', () => {
  assert.equal(contentLine('1', jobOf('name: A\ncommand: /bin/true\nmax_task_failures: -1\n')), undefined);
});

test('a file that was just changed, or is none, has no stamp; every change of it makes another one', () => {
  const facts: FileFacts = {
    ...{ kind: 'file' as const, uid: 0, gid: 0, mode: 0o644, sizeBytes: 3, mtimeMs: 1000, ctimeMs: 1000 },
    ...{ inode: 7, device: 1, links: 1 },
  };
  assert.equal(stampOf(undefined, 9000), undefined);
  assert.equal(stampOf({ ...facts, kind: 'symlink' }, 9000), undefined);
  assert.equal(stampOf(facts, 2999), undefined);
  const stamp = stampOf(facts, 3000);
  assert.notEqual(stamp, undefined);
  for (const change of [{ sizeBytes: 4 }, { mtimeMs: 1000.5 }, { ctimeMs: 999 }, { inode: 8 }])
    assert.notEqual(stampOf({ ...facts, ...change }, 9000), stamp, JSON.stringify(change));
});
