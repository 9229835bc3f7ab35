/** The shape of src: folders that can be read at a glance, imports that point to the ground, doc comments that begin with what a thing is. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const src = path.resolve(import.meta.dirname, '../../../src');
const folderLimit = 15;

/**
 * The rooms of src, ground first: each imports only from itself and from rooms above it in this list. A folder that is not named here belongs
 * to the nearest named folder around it.
 */
const rooms = [
  'text',
  'system/types',
  'yaml',
  'zone',
  'schedule',
  'generated',
  'job',
  'config',
  'run',
  'fleet',
  'crontab',
  'service',
  'report',
  'notify',
  'system/file',
  'system/pipe',
  'system/program',
  'system/user',
  'system/time',
  'system/process',
  'system/lock',
  'system/log-files',
  'system/run-log',
  'system/state',
  'system/own-log',
  'system/message',
  'system/cron',
  'system/service',
  'cli/frame',
  'cli/crontab',
  'cli/notify',
  'cli/run',
  'cli/report',
  'cli/on-demand',
  'cli/web',
  'cli/jobctl/frame',
  'cli/jobctl/log',
  'cli/jobctl/status',
  'cli/jobctl/service',
  'cli/jobctl/on-demand',
  'cli/jobctl',
  'cli',
];

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));

/** Static imports of a file, types too, as paths below src. `import()` is left out: there another bundle begins. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(path.join(src, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;'"]*?from '(\.[^']+)'/gm)].map(([, target = '']) =>
    path.posix.join(path.posix.dirname(file), target),
  );
}

const importsByFile = new Map(files.map((file) => [file, importsOf(file)]));

function roomOf(file: string): string {
  for (let folder = path.posix.dirname(file); folder !== '.'; folder = path.posix.dirname(folder)) {
    if (rooms.includes(folder)) return folder;
  }
  return assert.fail(`${file} lies in no room: name its folder in this test and in docs/ARCHITECTURE.md`);
}

test(`a folder has at most ${folderLimit} entries`, () => {
  const folders = readdirSync(src, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const folder of [src, ...folders.map(({ parentPath, name }) => path.join(parentPath, name))]) {
    const entries = readdirSync(folder);
    assert.ok(entries.length <= folderLimit, `${folder} has ${entries.length} entries: ${entries.join(' ')}`);
  }
});

test('a room imports only rooms that are nearer to the ground', () => {
  const wrong = [...importsByFile].flatMap(([file, imports]) =>
    imports
      .filter((target) => rooms.indexOf(roomOf(target)) > rooms.indexOf(roomOf(file)))
      .map((target) => `${file} imports ${target}`),
  );
  assert.deepEqual(wrong, []);
});

test('no files import each other in a circle, also not for their types', () => {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    assert.equal(start, -1, `a circle: ${[...way.slice(start), file].join(' -> ')}`);
    if (done.has(file)) return;
    for (const target of importsByFile.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});

test('a doc comment begins with what the thing is or returns', () => {
  // Half a sentence that the name has to complete.
  const opening = /\/\*\*[\s*]*(?:Also|As|For|How|Of|Once|That|What|Where|Whether|Who|Whose|Why)\b.*/g;
  const found = files
    .filter((file) => !file.startsWith('generated/'))
    .flatMap((file) =>
      (readFileSync(path.join(src, file), 'utf8').match(opening) ?? []).map((comment) => `${file}: ${comment}`),
    );
  assert.deepEqual(found, []);
});

test('every file that docs/ARCHITECTURE.md names is there', () => {
  const root = path.dirname(src);
  const page = readFileSync(path.join(root, 'docs/ARCHITECTURE.md'), 'utf8');
  const named = [...page.matchAll(/`([a-z-]+\/[a-z/0-9-]*\.[a-z]+)`/g)].map(([, file = '']) => file);
  assert.ok(named.length > 30);
  const places = [root, src];
  const missing = named.filter((file) => !places.some((place) => existsSync(path.join(place, file))));
  assert.deepEqual(missing, []);
  // A name without a folder is that of some file of src.
  const bare = [...page.matchAll(/`([a-z][a-z0-9-]*\.(?:ts|pl|cjs))`/g)].map(([, file = '']) => file);
  const known = new Set(readdirSync(src, { recursive: true, encoding: 'utf8' }).map((file) => path.basename(file)));
  assert.ok(bare.length > 0);
  assert.deepEqual(
    bare.filter((file) => !known.has(file)),
    [],
  );
});
