import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../../..');
const target = mkdtempSync(path.join(tmpdir(), 'install-'));
const prefix = path.join(target, 'usr');
after(() => rmSync(target, { recursive: true }));

const hasMake = spawnSync('make', ['--version']).status === 0;
const options = { skip: hasMake ? false : 'make is not installed' };

/** DESTDIR=/ is a stage like any other, but what it holds can be run where it is. */
function make(goal: string, ...variables: readonly string[]) {
  const all = ['DESTDIR=/', `PREFIX=${prefix}`, `SYSCONFDIR=${target}/etc`, `NODE=${process.execPath}`, ...variables];
  return spawnSync('sh', ['-c', 'umask 077 && exec make --silent "$@"', 'sh', goal, ...all], {
    cwd: root,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
}

const installed = hasMake ? make('install') : undefined;

const pages = existsSync(path.join(root, 'dist/man/run-job.1'));

test('make install prints nothing when it succeeds, and names missing man pages', options, () => {
  assert.equal(installed?.status, 0);
  assert.equal(existsSync(path.join(prefix, 'share/man/man1/run-job.1')), pages);
  if (pages) assert.equal(installed?.stderr, '');
  const { status, stderr } = make('install', 'pages=');
  assert.equal(status, 0);
  assert.match(stderr, /^Installed without man pages: they are built only where scdoc is installed/);
});

test('the example for sudo names the programs where they were installed', options, () => {
  const sudoers = readFileSync(path.join(prefix, 'share/doc/process-control/examples/sudoers'), 'utf8');
  assert.match(sudoers, new RegExp(`^Cmnd_Alias PROCESS_CONTROL = ${prefix}/bin/run-job, ${prefix}/bin/jobctl$`, 'm'));
});

test('every program of the checkout runs from the place it was installed to', options, () => {
  const programs = readdirSync(path.join(prefix, 'bin'));
  assert.ok(programs.includes('run-job'));
  for (const program of programs) {
    const says = (file: string) => execFileSync(file, ['--version'], { encoding: 'utf8', cwd: '/', env: {} });
    assert.equal(says(path.join(prefix, 'bin', program)), says(path.join(root, 'bin', program)));
  }
});

test('the launcher names the place of the programs once and looks nowhere else', options, () => {
  const launcher = readFileSync(path.join(prefix, 'bin/run-job'), 'utf8');
  assert.deepEqual(launcher.match(/^.*lib=.*$/gm), [`lib=${prefix}/share/process-control`]);
});

test('each program has a code cache made by the node it will run on', options, () => {
  const lib = path.join(prefix, 'share/process-control');
  const bundles = readdirSync(lib).filter((name) => name.endsWith('.cjs') && !['boot.cjs', 'bake.cjs'].includes(name));
  assert.deepEqual(
    bundles.filter((name) => !existsSync(path.join(lib, `${name}.cache`))),
    [],
  );
});

test(
  'all that was installed can be read by everybody and written by its owner alone, whatever the umask',
  options,
  () => {
    for (const entry of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
      const facts = lstatSync(path.join(target, entry));
      if (!facts.isSymbolicLink()) assert.equal(facts.mode & 0o066, 0o044, entry);
    }
  },
);

test('the examples name the schema that was installed with them', options, () => {
  const [first = ''] = readFileSync(path.join(prefix, 'share/doc/process-control/examples/hello.yaml'), 'utf8').split(
    '\n',
  );
  const schema = /\$schema=file:\/\/(.*)$/.exec(first)?.[1] ?? '';
  assert.equal(schema.startsWith(prefix), true);
  assert.doesNotThrow(() => JSON.parse(readFileSync(schema, 'utf8')));
});

test('the crontab will call the run-job that was installed', options, () => {
  const configuration = readFileSync(path.join(target, 'etc/process-control.yaml'), 'utf8');
  assert.match(configuration, new RegExp(`^runner_path: ${prefix}/bin/run-job$`, 'm'));
});

test('installing again keeps the configuration', options, () => {
  const configuration = path.join(target, 'etc/process-control.yaml');
  writeFileSync(configuration, 'user: ours\n');
  assert.equal(make('install').status, 0);
  assert.equal(readFileSync(configuration, 'utf8'), 'user: ours\n');
});

test('a node that is too old or not there is refused before anything is copied', options, () => {
  const refused = make('install', `NODE=${target}/no-node`, `PREFIX=${target}/other`);
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /No node found/);
  assert.equal(existsSync(path.join(target, 'other')), false);
});

test('make uninstall leaves the configuration and nothing else', options, () => {
  assert.equal(make('uninstall').status, 0);
  const left = readdirSync(target, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    left.filter((entry) => !lstatSync(path.join(target, entry)).isDirectory()),
    ['etc/process-control.yaml'],
  );
});
