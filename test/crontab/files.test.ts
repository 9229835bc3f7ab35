import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideChange, lookAtPresent, presentCrontab } from '../../src/crontab/files.ts';
import { header } from '../../src/crontab/header.ts';
import type { Origin } from '../../src/crontab/present.ts';
import type { FileFacts, FileRead, Files } from '../../src/system/types/file.ts';

interface Fake extends Partial<FileFacts> {
  readonly text?: string;
  readonly refused?: string;
}

/** /etc/cron.d in memory. */
function machine(present: Record<string, Fake>): Files {
  const facts = (name: string): FileFacts => ({
    kind: 'file',
    uid: 0,
    gid: 0,
    mode: 0o644,
    sizeBytes: 0,
    mtimeMs: 0,
    ctimeMs: 0,
    inode: 1,
    device: 1,
    links: 1,
    ...present[name],
  });
  const nameOf = (path: string) => path.replace('/etc/cron.d/', '');
  return {
    list: (directory) => (directory === '/etc/cron.d' ? Object.keys(present) : undefined),
    facts: (path) => (nameOf(path) in present ? facts(nameOf(path)) : undefined),
    resolve: (path) => path,
    readRegular(path): FileRead {
      const { text = '', refused } = present[nameOf(path)] ?? {};
      if (refused !== undefined) return { is: 'refused', reason: refused };
      return { is: 'read', bytes: new TextEncoder().encode(text), facts: facts(nameOf(path)) };
    },
  };
}

const line = (slug: string) => `0 5 * * * svc /usr/bin/run-job --job ${slug}\n`;
const part = (number: number, name = 'jobs') =>
  header(
    { directory: '/var/lib/jobs', home: '/', searchPath: '/usr/bin:/bin:/usr/sbin:/sbin', settings: [] },
    number,
    name,
  );
const ours = part(1) + line('a');
const mine: Origin = { directory: '/var/lib/jobs' };

function decide(present: Record<string, Fake>, wanted: Record<string, string>, adopt = false, origin = mine) {
  const there = lookAtPresent(machine(present), '/etc/cron.d/jobs', 0);
  const { owner } = presentCrontab(there, origin);
  const files = Object.entries(wanted).map(([name, text]) => ({ name, text }));
  const answer = decideChange(there, files, { owner, adopt });
  if (answer.refused !== undefined) return answer.refused.join('; ');
  return { writes: answer.change.writes.map(({ name }) => name), removals: answer.change.removals };
}

test('nothing is written if all files are right', () => {
  const files = { jobs: ours, 'jobs-2': part(2) + line('b') };
  assert.deepEqual(decide({ jobs: { text: ours }, 'jobs-2': { text: files['jobs-2'] } }, files), {
    writes: [],
    removals: [],
  });
});

test('a missing or different file is written', () => {
  assert.deepEqual(decide({}, { jobs: ours }), { writes: ['jobs'], removals: [] });
  assert.deepEqual(decide({ jobs: { text: part(1) } }, { jobs: ours }), { writes: ['jobs'], removals: [] });
});

/** [what is wrong with the present file, whether its lines are trusted] */
const unsound: readonly (readonly [string, Fake, boolean])[] = [
  ['with a mode that cron refuses', { mode: 0o664 }, false],
  ['that others can write', { mode: 0o646 }, false],
  ['with a mode that cronie refuses', { mode: 0o755 }, true],
  ['that only root can read', { mode: 0o600 }, true],
  ['of another owner', { uid: 1000 }, false],
  ['with a second link', { links: 2 }, true],
];

for (const [what, wrong, believed] of unsound) {
  test(`the right text in a file ${what} is written again, and its lines are ${believed ? '' : 'not '}trusted`, () => {
    const present = { jobs: { text: ours, ...wrong } };
    assert.deepEqual(decide(present, { jobs: ours }), { writes: ['jobs'], removals: [] });
    const crontab = presentCrontab(lookAtPresent(machine(present), '/etc/cron.d/jobs', 0), mine);
    assert.deepEqual([crontab.owner, crontab.content().lines.size], ['us', believed ? 1 : 0]);
  });
}

test('numbered parts that are no longer needed are removed, but never files of others', () => {
  const present = {
    jobs: { text: ours },
    'jobs-2': { text: part(2) },
    'jobs-7': { text: part(7) },
    'jobs-3': { text: 'something else\n' },
    'jobs-4': { text: part(1, 'jobs-4') },
    'jobs-5': { text: part(2, 'other') },
    'jobs-6': { kind: 'symlink' as const },
    'jobs-web': { text: part(2) },
    'jobs-02': { text: part(2) },
    'other-2': { text: part(2, 'other') },
  };
  assert.deepEqual(decide(present, { jobs: ours }), { writes: [], removals: ['jobs-2', 'jobs-7'] });
});

/** [the configuration that writes, the lines that are there, whether they are of another one] */
const origins: readonly (readonly [Origin, string, boolean])[] = [
  [{ directory: '/var/lib/jobs' }, line('a'), false],
  [{ directory: '/var/lib/moved' }, line('a'), false],
  [{ directory: '/var/lib/moved', config: '/etc/process-control.yaml' }, line('a'), false],
  [{ directory: '/var/lib/jobs', config: '/etc/process-control-backup.yaml' }, line('a'), false],
  [{ directory: '/var/lib/moved', config: '/etc/process-control-backup.yaml' }, line('a'), true],
  [{ directory: '/var/lib/moved', config: '/etc/process-control-backup.yaml' }, '# No line for a\n', false],
  [{ directory: '/var/lib/moved' }, line('a --config /etc/process-control-backup.yaml'), true],
  [{ directory: '/var/lib/moved' }, '* * * * * svc /usr/bin/run-job --ensure --config /etc/other.yaml\n', true],
  [{ directory: '/var/lib/moved', config: '/etc/other.yaml' }, line('a --config /etc/other.yaml'), false],
];

for (const [origin, lines, isOther] of origins) {
  const { directory, config = 'the usual configuration' } = origin;
  test(`the jobs of ${directory} by ${config} ${isOther ? 'do not replace' : 'replace'} ${lines.trim()}`, () => {
    const present = { jobs: { text: part(1) + lines } };
    const wanted = { jobs: `${part(1)}\n` };
    const answer = decide(present, wanted, false, origin);
    if (!isOther) assert.deepEqual(answer, { writes: ['jobs'], removals: [] });
    else assert.match(String(answer), /^jobs has the jobs of another configuration; .* cron-generate --adopt/);
    assert.deepEqual(decide(present, wanted, true, origin), { writes: ['jobs'], removals: [] });
    const { lines: known } = presentCrontab(lookAtPresent(machine(present), '/etc/cron.d/jobs', 0), origin).content();
    assert.equal(known.size, isOther || !lines.includes('--job') ? 0 : 1);
  });
}

test('the lines of all parts are known', () => {
  const present = {
    'jobs-10': { text: part(10) + line('c') },
    'jobs-2': { text: part(2) + line('b') },
    jobs: { text: ours },
  };
  const crontab = presentCrontab(lookAtPresent(machine(present), '/etc/cron.d/jobs', 0), mine);
  assert.deepEqual([...crontab.content().lines.keys()], ['a', 'b', 'c']);
});

test('lines of a part that others could have written are not trusted', () => {
  const present = { jobs: { text: ours }, 'jobs-2': { text: part(2) + line('b'), mode: 0o666 } };
  const crontab = presentCrontab(lookAtPresent(machine(present), '/etc/cron.d/jobs', 0), mine);
  assert.deepEqual([...crontab.content().lines.keys()], ['a']);
});

for (const kind of ['symlink', 'fifo', 'directory', 'device', 'socket'] as const) {
  test(`a ${kind} of that name is never replaced`, () => {
    assert.match(String(decide({ jobs: { kind } }, { jobs: ours }, true)), new RegExp(`jobs is a ${kind}`));
    const parts = { jobs: ours, 'jobs-2': part(2) };
    assert.match(String(decide({ 'jobs-2': { kind } }, parts, true)), new RegExp(`jobs-2 is a ${kind}`));
  });
}

test('a file of others is replaced only with --adopt', () => {
  const refusals = new Map([
    [{ text: '0 5 * * * root backup\n' }, /^jobs was not written by cron-generate; .*--adopt/],
    [{ refused: 'the file has 99999999 bytes' }, /^jobs the file has 99999999 bytes; .*--adopt/],
  ]);
  for (const [theirs, reason] of refusals) {
    assert.match(String(decide({ jobs: theirs }, { jobs: ours })), reason);
    assert.deepEqual(decide({ jobs: theirs }, { jobs: ours }, true), { writes: ['jobs'], removals: [] });
    const parts = { jobs: ours, 'jobs-2': part(2) };
    assert.match(String(decide({ jobs: { text: ours }, 'jobs-2': theirs }, parts)), /jobs-2 .*--adopt/);
  }
});

test("a predecessor's file is replaced without --adopt", () => {
  const present = { jobs: { text: `# Generated from /x/a.yaml\n${line('a')}` } };
  assert.deepEqual(decide(present, { jobs: ours }), { writes: ['jobs'], removals: [] });
});

test('the file into which jobs move is written before the file that they leave', () => {
  const small = { jobs: part(1) + line('a'), 'jobs-2': part(2) + line('b') };
  const large = { jobs: part(1) + line('_'), 'jobs-2': part(2) + line('a') + line('b') };
  const present = (files: Record<string, string>) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [name, { text }]));
  assert.deepEqual(decide(present(small), large), { writes: ['jobs-2', 'jobs'], removals: [] });
  assert.deepEqual(decide(present(large), small), { writes: ['jobs', 'jobs-2'], removals: [] });
});
