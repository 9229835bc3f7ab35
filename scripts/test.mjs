// Builds, and runs the suite: `npm test`, `npm test -- cli/services schedule` for the files whose
// path has one of these words, `npm test -- --quick` for one file of each kind (what CI runs on
// further versions of Node).
//
// The first line says what will run and about how long it takes. Tools that this host lacks are
// named before the first test.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Most of a test's time is waiting for processes, so more files than cores run side by side. */
const filesAtOnce = 3;

/**
 * What CI took on 2 cores for 3,848 tests, as root on Debian with every tool below (30 November
 * 2026).
 */
const wholeSuiteMinutes = 15;

/**
 * One real run, one service, one crontab, one page of the book, and the parts that depend most on
 * Node: pipes, threads, signals, sockets.
 */
const quick = [
  'cli/run-job',
  'cli/service-notices',
  'cli/cron-generate.',
  'cli/bundles-on-demand',
  'docs/commands',
  'system/process/launcher.',
  'system/service/probes',
  'system/run-log/run-log.',
];
const quickPage = 'docs/tutorial.md';

/** A file that takes longer is ended, and red: what a test left alive must not hold up the suite. */
const fileLimitMs = 12 * 60_000;

/** Programs that some tests need; without them those tests are skipped. */
const tools = [
  'cron',
  'crontab',
  'etcd',
  'make',
  'man',
  'openssl',
  'perl',
  'ps',
  'scdoc',
  'script',
  'strace',
  'sudo',
  'unshare',
];

// The service user must be able to read what tests create, whatever umask the caller has.
process.umask(0o022);

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const words = isQuick ? quick : args;
const all = readdirSync(path.join(root, 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => name.replace(/ts$/, 'js'))
  .sort();
const files = all.filter((name) => words.length === 0 || words.some((word) => name.includes(word)));
const unmatched = words.filter((word) => !all.some((name) => name.includes(word)));
if (unmatched.length > 0) {
  console.error(`No test file has ${unmatched.join(' or ')} in its path; npm test runs all ${all.length}.`);
  process.exit(64);
}

const isRoot = process.getuid() === 0;
const how = words.length === 0 ? `about ${wholeSuiteMinutes} minutes on 2 cores` : `${files.length} of ${all.length}`;
console.log(`Running ${files.length} test files on Node ${process.versions.node}, ${filesAtOnce} at a time: ${how}.`);

if (!isRoot) {
  const open = openFolder(os.homedir());
  if (open !== undefined) {
    console.error(
      `HOME is ${os.homedir()}, and others can write ${open}: process-control refuses a configuration there, so its tests can't run.\n` +
        'Name a home that only you can write: HOME=/home/you npm test',
    );
    process.exit(78);
  }
}
// root's tests also run the programs of this checkout as another user, who can't enter /root or a
// directory of mktemp -d.
const closed = isRoot ? closedFolder(root) : undefined;
if (closed !== undefined) {
  console.error(
    `This checkout is in ${root}, and only root can enter ${closed}: the tests run as another user too.\n` +
      'Keep it where every user can read it, such as /opt or /srv, or run npm test as an ordinary user.',
  );
  process.exit(78);
}
const missing = tools.filter(
  (tool) => spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin:/sbin; command -v ${tool}`]).status !== 0,
);
if (!isRoot) console.log('Tests that need root are skipped: sudo npm test runs them too.');
if (missing.length > 0) console.log(`Tests that need ${missing.join(', ')} are skipped: not installed here.`);

const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
if (built.status !== 0) process.exit(built.status ?? 1);
const suite = spawn(
  process.execPath,
  [
    // V8's background tasks can keep a node from ending (nodejs/node#54918): a file whose tests have
    // all passed would then hold up the suite. The processes of the files get this option too.
    '--single-threaded',
    '--test',
    `--test-concurrency=${filesAtOnce}`,
    `--test-timeout=${fileLimitMs}`,
    '--test-reporter=spec',
    ...files.map((name) => path.join('build/test', name)),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...(isQuick && { DOCS_PAGE: quickPage }) } },
);
suite.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
// Ctrl-C reaches the suite itself. This process must outlive it, to pass on its exit code.
process.on('SIGINT', () => {});

/**
 * The first directory at or above `folder` that users other than its owner and group can't enter.
 */
function closedFolder(folder) {
  if ((statSync(folder).mode & 0o001) === 0 && folder !== '/') return folder;
  return folder === '/' ? undefined : closedFolder(path.dirname(folder));
}

/**
 * The first directory at or above `folder` that others than its owner can write, or that belongs to
 * neither this user nor root.
 */
function openFolder(folder) {
  const { mode, uid } = statSync(folder);
  const isOpen = (mode & 0o022) !== 0 || (uid !== 0 && uid !== process.getuid());
  if (isOpen) return folder;
  return folder === '/' ? undefined : openFolder(path.dirname(folder));
}
