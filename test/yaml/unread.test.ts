import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../src/text/problem.ts';
import { unreadFiles } from '../../src/yaml/unread.ts';
import { type FakeFile, memoryFiles } from '../fakes/files.ts';

function said(named: Readonly<Record<string, FakeFile>>): readonly string[] {
  const files = memoryFiles(Object.fromEntries(Object.entries(named).map(([name, file]) => [`/d/${name}`, file])));
  return unreadFiles('/d', files.list('/d') ?? [], files).map(formatProblem);
}

for (const name of ['x.yml', 'x.YAML', 'x.YML', 'x.Yaml', 'x.json', 'x.JSON', 'a.b.yml', 'x.yaml.yml']) {
  test(`${name} gets a warning with the name that would be read`, () => {
    const wanted = name.replace(/\.[^.]*$/, '.yaml');
    assert.deepEqual(said({ [name]: { text: '' } }), [
      `/d/${name}: warning: this file is not read, because its name does not end in ".yaml"; rename it to "${wanted}"`,
    ]);
  });
}

const leftovers = [
  ...[
    '.x.yml',
    '.x.yaml.swp',
    '.#x.yml',
    '#x.yml#',
    'x.yml~',
    'x.yaml~',
    'x.yml.bak',
    'x.yaml.bak',
    'x.yml.orig',
    'x.yaml.rej',
  ],
  ...['x.yml.dpkg-old', 'x.yaml.dpkg-dist', 'x.yml.dpkg-new', 'x.yml.dpkg-tmp', 'x.yml.ucf-dist', 'x.yaml.ucf-old'],
  ...[
    'x.yml.rpmsave',
    'x.yaml.rpmnew',
    'x.yaml2026-11-22',
    'x.yml.20261122',
    'x.yaml.12345.2026-11-22@10:30:00~',
    'x.yml.swp',
  ],
  ...['README', 'x.txt', 'x.sh', 'x', 'x.yaml.j2', 'yml', 'json', 'x.yaml.tmp', '4913', 'x.pacnew'],
];

test('files of editors, package managers and configuration managers get no warning', () => {
  assert.deepEqual(said(Object.fromEntries(leftovers.map((name) => [name, { text: '' }]))), []);
});

test('only a directory with YAML files in it gets a warning', () => {
  assert.deepEqual(
    said({
      'daily/a.yaml': { text: '' },
      daily: { kind: 'directory' },
      'many/a.yml': { text: '' },
      'many/b.yaml': { text: '' },
      many: { kind: 'directory' },
      link: { target: '/d/daily' },
      empty: { kind: 'directory' },
      'scripts/run.sh': { text: '' },
      scripts: { kind: 'directory' },
      '.git/x.yaml': { text: '' },
      '.git': { kind: 'directory' },
      'old.bak/x.yaml': { text: '' },
      'old.bak': { kind: 'directory' },
      'left/.x.yaml': { text: '' },
      left: { kind: 'directory' },
    }),
    [
      '/d/daily: warning: "a.yaml" in it is not read: only files directly in /d are',
      '/d/link: warning: "a.yaml" in it is not read: only files directly in /d are',
      '/d/many: warning: the 2 YAML files in it ("a.yml", …) are not read: only files directly in /d are',
    ],
  );
});

test('if the right name is taken, the advice is not to rename the file', () => {
  assert.deepEqual(said({ 'x.yml': { text: '' }, 'x.yaml': { text: '' } }), [
    '/d/x.yml: warning: this file is not read, because its name does not end in ".yaml"; "x.yaml" is there as well: remove one of them',
  ]);
});
