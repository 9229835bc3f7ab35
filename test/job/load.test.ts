import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { isSlug, listJobFiles } from '../../src/job/folder.ts';
import { type JobPlaces, loadJob, validateJobText } from '../../src/job/load.ts';
import { files } from '../../src/system/file/files.ts';
import { sha256 } from '../../src/system/file/hash.ts';
import type { Files } from '../../src/system/types/file.ts';
import { formatProblem, type Problem } from '../../src/text/problem.ts';
import { type FakeFile, memoryFiles } from '../fakes/files.ts';
import { type LoadedFolder, loadFolder } from './folder.ts';
import { checkSchedule } from './schedule-check.ts';

const good = 'name: Good\ncommand: /bin/true\n';

function folder(named: Readonly<Record<string, FakeFile>>): Files {
  return memoryFiles(Object.fromEntries(Object.entries(named).map(([name, file]) => [`/jobs/${name}`, file])));
}

function places(over: Partial<JobPlaces> = {}): JobPlaces {
  return { jobDirectory: '/jobs', jobDefaults: {}, trustedOwnerUids: [0], ...over };
}

function said(problems: readonly Problem[]): readonly string[] {
  return problems.map(formatProblem);
}

function saidOf(slug: string, { jobs }: LoadedFolder): readonly string[] {
  const result = jobs.get(slug);
  return result === undefined ? ['no entry'] : said(result.ok ? result.warnings : result.problems);
}

test('names of jobs', () => {
  for (const name of ['a', 'A', '0', '_a', 'db-dump', 'a.b', 'a..b', 'a-', 'x'.repeat(100)])
    assert.ok(isSlug(name), name);
  for (const name of ['', '.a', '-a', 'a b', 'a/b', '../a', 'ä', 'a\n', 'a%', 'a*', 'a~', 'x'.repeat(101)]) {
    assert.ok(!isSlug(name), JSON.stringify(name));
  }
});

test('every job of the directory, sorted bytewise, and nothing else', () => {
  const machine = {
    files: folder({
      'b.yaml': { text: good },
      'a.yaml': { text: good },
      'B.yaml': { text: good },
      '_.yaml': { text: good },
      'a-b.yaml': { text: good },
      '.hidden.yaml': { text: good },
      'c.yaml20261122-30128-18l5wbd': { text: good },
      'd.yml': { text: good },
      'e.yaml~': { text: good },
      README: { text: 'x' },
    }),
  };
  const found = loadFolder(places(), machine);
  assert.deepEqual([...found.jobs.keys()], ['B', '_', 'a', 'a-b', 'b']);
  assert.deepEqual(said(found.strays), [
    '/jobs/d.yml: warning: this file is not read, because its name does not end in ".yaml"; rename it to "d.yaml"',
  ]);
  assert.ok([...found.jobs.values()].every(({ ok }) => ok));
});

test("a .yaml file whose name can't be a job's is a problem", () => {
  const found = loadFolder(places(), {
    files: folder({ 'a b.yaml': { text: good }, 'ok.yaml': { text: good } }),
  });
  assert.deepEqual([...found.jobs.keys()], ['ok']);
  assert.deepEqual(said(found.strays), [
    '/jobs/a b.yaml: this can not be the name of a job: use letters, digits, "_", "." and "-", start with a letter, digit or "_", at most 100 characters',
  ]);
});

test("a directory that can't be listed is not an empty directory", () => {
  const answer = listJobFiles(places(), memoryFiles({}));
  assert.ok(answer.is === 'unlisted');
  assert.equal(
    formatProblem(answer.problem),
    '/jobs: the job directory can not be read; create it, or set "job_directory"',
  );
});

test('all problems of a bad file are reported, and other jobs are loaded', () => {
  const machine = {
    files: folder({ 'bad.yaml': { text: 'name: 1\ncomand: x\ntimeout: soon\n' }, 'good.yaml': { text: good } }),
  };
  const answer = loadFolder(places(), machine);
  assert.deepEqual(saidOf('bad', answer), [
    '/jobs/bad.yaml:1:7: "name" must be one line of text, at most 200 characters, found 1 (put it in quotes)',
    '/jobs/bad.yaml:2:1: unknown key "comand"; did you mean "command"?',
    '/jobs/bad.yaml:3:10: "timeout" must be a number of minutes (0 for no limit), or a duration such as 90s or 2h30m, found "soon"',
  ]);
  assert.deepEqual(saidOf('good', answer), []);
});

test('a file that vanishes between listing and reading is no job and no problem', () => {
  const all = folder({ 'a.yaml': { text: good }, 'gone.yaml': { text: good } });
  const vanishing: Files = {
    ...all,
    readRegular: (p, l) => (p.endsWith('gone.yaml') ? { is: 'absent' } : all.readRegular(p, l)),
  };
  assert.deepEqual([...loadFolder(places(), { files: vanishing }).jobs.keys()], ['a']);
});

test('a job by its name; undefined when there is none', () => {
  const machine = { files: folder({ 'a.yaml': { text: good } }), sha256 };
  const result = loadJob('a', places(), machine);
  assert.ok(result?.ok);
  assert.equal(result.value.slug, 'a');
  assert.equal(result.value.path, '/jobs/a.yaml');
  assert.equal(result.value.sha256, sha256(new TextEncoder().encode(good)));
  for (const name of ['b', '', '../a', 'a.yaml', '/jobs/a', 'a\0'])
    assert.equal(loadJob(name, places(), machine), undefined);
});

test('a job file that others can write is refused or gets a warning', () => {
  const machine = {
    files: folder({
      'everyone.yaml': { text: good, mode: 0o646 },
      'group.yaml': { text: good, mode: 0o664 },
      'somebody.yaml': { text: good, uid: 1000 },
      'trusted.yaml': { text: good, uid: 1001 },
    }),
  };
  const answer = loadFolder(places({ trustedOwnerUids: [0, 1001] }), machine);
  assert.deepEqual(saidOf('everyone', answer), [
    '/jobs/everyone.yaml: everyone can write this file, so it is not used: chmod o-w',
  ]);
  assert.deepEqual(saidOf('group', answer), ['/jobs/group.yaml: warning: a group can write this file: chmod g-w']);
  assert.deepEqual(saidOf('somebody', answer), [
    '/jobs/somebody.yaml: warning: the owner (uid 1000) is not among "trusted_owners"',
  ]);
  assert.deepEqual(saidOf('trusted', answer), []);
  assert.equal([...answer.jobs.values()].filter(({ ok }) => ok).length, 3);
});

function make(text: string, jobDefaults: JobPlaces['jobDefaults']) {
  return validateJobText({ file: 'job.yaml', bytes: new TextEncoder().encode(text) }, jobDefaults, {
    checkSchedule,
    checkZone: (name) =>
      name === 'Europe/Berlin' ? undefined : { severity: 'error', message: `names no time zone: "${name}"` },
  });
}

test('a word that does not look like the name of a zone gets one message about zones', () => {
  for (const written of [
    '+02:00',
    '"+02:00"',
    "'New York'",
    'München',
    '+0200',
    '2',
    '"$TZ"',
    'Europe/Berlin # home',
  ]) {
    const result = make(`${good}time_zone: ${written}\n`, {});
    const name = written.replace(/ #.*/, '').replace(/["']/g, '');
    const expected = name === 'Europe/Berlin' ? [] : [`"time_zone" names no time zone: "${name}"`];
    assert.deepEqual(result.ok ? [] : result.problems.map(({ message }) => message), expected);
  }
});

test('a key of the file wins over the defaults as a whole', () => {
  const defaults = {
    timeout: 60,
    nice: 5,
    environment: { A: '1', B: '2' },
    failmail: { from_address: 'a@example.org', to_address: 'b@example.org' },
    tags: ['default'],
  };
  const result = make(
    `${good}timeout: 5\nenvironment: {C: 3}\nfailmail: {to_address: c@example.org}\ntag: own\n`,
    defaults,
  );
  assert.ok(result.ok);
  const { timeoutSeconds, nice, environment, failmail, tags } = result.value;
  assert.deepEqual(
    { timeoutSeconds, nice, environment, failmail, tags },
    { timeoutSeconds: 300, nice: 5, environment: { C: '3' }, failmail: { toAddress: 'c@example.org' }, tags: ['own'] },
  );
});

test('tags of the defaults hold for a file that has none, and an empty list removes them', () => {
  const tagsOf = (text: string) => {
    const result = make(text, { tags: ['default'] });
    return result.ok && result.value.tags;
  };
  assert.deepEqual(tagsOf(good), ['default']);
  assert.deepEqual(tagsOf(`${good}tag: []\n`), []);
});

test('required keys may come from the defaults', () => {
  const result = make('name: a\n', { command: '/bin/true' });
  assert.deepEqual(result.ok && result.value.commands, [{ text: '/bin/true', words: ['/bin/true'] }]);
  assert.equal(make('name: a\n', {}).ok, false);
});

test('a problem in the defaults has no line of the job file', () => {
  const result = make(good, { schedule: '61 * * * *', slow_start_command: 'echo "' });
  assert.ok(!result.ok);
  for (const line of said(result.problems)) assert.match(line, /^job\.yaml: .*\(from default_job_config\)$/);
  assert.equal(result.problems.length, 2);
});

test('a bad schedule is reported at its term, with and without the fuller check', () => {
  const text = `${good}schedule: '0 24 * * *'\n`;
  const checked = make(text, {});
  assert.ok(!checked.ok);
  assert.match(said(checked.problems)[0] ?? '', /^job\.yaml:3:14: "schedule": hour "24"/);
  const unasked = validateJobText({ file: 'job.yaml', bytes: new TextEncoder().encode(text) }, {});
  assert.ok(!unasked.ok);
  assert.match(said(unasked.problems)[0] ?? '', /^job\.yaml:3:14: "schedule": hour "24"/);
});

test('a zone that does not exist is an error at its key, also when it comes from the defaults', () => {
  const scheduled = `${good}schedule: '0 4 * * *'\n`;
  const unknown = make(`${scheduled}time_zone: Mars/Olympus\n`, {});
  assert.deepEqual(unknown.ok ? [] : said(unknown.problems), [
    'job.yaml:4:12: "time_zone" names no time zone: "Mars/Olympus"',
  ]);
  const inherited = make(scheduled, { time_zone: 'Mars/Olympus' });
  assert.deepEqual(inherited.ok ? [] : said(inherited.problems), [
    'job.yaml: "time_zone" names no time zone: "Mars/Olympus" (from default_job_config)',
  ]);
  assert.ok(make(`${scheduled}time_zone: Europe/Berlin\n`, {}).ok);
});

test('real files of every kind: each bad one is one problem, and the good ones run', () => {
  const home = mkdtempSync(path.join(tmpdir(), 'jobs-'));
  after(() => rmSync(home, { recursive: true }));
  const jobs = path.join(home, 'jobs');
  mkdirSync(path.join(jobs, 'parts'), { recursive: true });
  const at = (name: string) => path.join(jobs, name);
  writeFileSync(at('good.yaml'), good);
  writeFileSync(at('bom.yaml'), `\ufeff${good}`);
  writeFileSync(at('crlf.yaml'), good.replaceAll('\n', '\r\n'));
  writeFileSync(at('parts/shared'), good);
  symlinkSync('parts/shared', at('linked.yaml'));
  writeFileSync(at('bytes.yaml'), Uint8Array.of(0x6e, 0x61, 0xff));
  writeFileSync(at('large.yaml'), `${good}# ${'x'.repeat(5_000_000)}`);
  writeFileSync(path.join(home, 'outside.yaml'), good);
  symlinkSync('../outside.yaml', at('out.yaml'));
  symlinkSync('nowhere', at('dangling.yaml'));
  symlinkSync('loop.yaml', at('loop.yaml'));
  symlinkSync('/dev/zero', at('device.yaml'));
  mkdirSync(at('directory.yaml'));
  execFileSync('mkfifo', [at('fifo.yaml')]);
  writeFileSync(at('open.yaml'), good);
  chmodSync(at('open.yaml'), 0o666);

  const uid = process.getuid?.() ?? 0;
  const answer = loadFolder(places({ jobDirectory: jobs, trustedOwnerUids: [uid] }), { files });
  const summary = [...answer.jobs].map(([slug, result]) => [
    slug,
    ...said(result.ok ? result.warnings : result.problems),
  ]);
  const problem = (slug: string, message: string) => [slug, `${at(slug)}.yaml${message}`];
  assert.deepEqual(summary, [
    ['bom'],
    problem('bytes', ':1:3: this is not UTF-8; save the file as UTF-8'),
    ['crlf'],
    problem('dangling', ': this link does not lead to a file'),
    problem('device', `: this link leads out of ${jobs}`),
    problem('directory', ': this is a directory, not a file'),
    problem('fifo', ': this is a FIFO, not a file'),
    ['good'],
    problem('large', ': the file has 5000032 bytes, more than the 262144 that are read'),
    ['linked'],
    problem('loop', ': this link does not lead to a file'),
    problem('open', ': everyone can write this file, so it is not used: chmod o-w'),
    problem('out', `: this link leads out of ${jobs}`),
  ]);
});

test('under trust: strict an owner who is not trusted, and a group that can write, keep a job from running', () => {
  const text = 'name: A\ncommand: /bin/true\n';
  for (const [file, words] of [
    [{ text, uid: 1500 }, /the owner \(uid 1500\) is not among "trusted_owners"/],
    [{ text, mode: 0o664 }, /a group can write this file/],
  ] as const) {
    const machine = { files: memoryFiles({ '/jobs/a.yaml': file }) };
    const load = (trust: 'strict' | 'warn') =>
      loadJob('a', { jobDirectory: '/jobs', jobDefaults: {}, trustedOwnerUids: [0], trust }, machine);
    assert.equal(load('warn')?.ok, true);
    const strict = load('strict');
    assert.ok(strict !== undefined && !strict.ok);
    assert.match(strict.problems[0]?.message ?? '', words);
  }
});
