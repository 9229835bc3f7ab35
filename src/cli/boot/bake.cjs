'use strict';
// Makes the code caches that boot.cjs reads. The build, the installation and every change of node
// run it once: `bake.cjs`.
//
// A cache contains the functions that were compiled when it was made. So each program first runs
// for real, with a configuration and a job in a folder that is removed afterwards. Where that is
// impossible (below a directory that every user can write, a configuration is not trusted), the
// cache contains what loading alone compiles; programs then start slower.
//
// Jobs never run as root, so when root bakes, the training program becomes the user nobody first.
// Root has opened the cache files before. The kernel lets no other process of nobody trace one that
// has given up root's rights, so only this program can write the caches.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { load, loaded } = require('./boot.cjs');

// Every user must be able to read the caches.
process.umask(0o022);

/** The command lines that are run: those of the programs that start most often. */
const trainings = [
  ['run-job', '--job', 'train'],
  ['run-job', '--ensure'],
  ['run-job', '--status'],
  ['cron-generate', '--output', '-'],
  ['jobctl', 'status'],
  ['check-jobs-icinga'],
];

const bundles = () =>
  fs.readdirSync(__dirname).filter((name) => name.endsWith('.cjs') && !['boot.cjs', 'bake.cjs'].includes(name));

function bake() {
  for (const name of bundles()) fs.rmSync(path.join(__dirname, `${name}.cache`), { force: true });
  const folder = fs.mkdtempSync(path.join(__dirname, '.training-'));
  try {
    const config = writeTraining(folder);
    for (const [program, ...args] of trainings) {
      if (config === undefined) break;
      spawnSync(process.execPath, [__filename, '--train', program, '--config', config, ...args], {
        stdio: 'ignore',
        env: { PATH: '/usr/bin:/bin', HOME: folder, PROCESS_CONTROL_WRAPPER: 'training' },
      });
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  for (const name of bundles()) {
    const cache = path.join(__dirname, `${name}.cache`);
    if (fs.existsSync(cache) && fs.statSync(cache).size > 0) continue;
    fs.rmSync(cache, { force: true });
    load(name);
    store();
  }
}

function writeTraining(folder) {
  const config = path.join(folder, 'process-control.yaml');
  const trainee = isRoot ? nobody() : os.userInfo();
  if (trainee === undefined) return undefined;
  fs.chmodSync(folder, 0o755);
  const user = trainee.username;
  const places = ['job', 'run', 'state', 'output'].map((key) => `${key}_directory: ${path.join(folder, key)}`);
  for (const key of ['job', 'run', 'state', 'output']) {
    fs.mkdirSync(path.join(folder, key), { mode: 0o755 });
    if (key !== 'job') fs.chownSync(path.join(folder, key), trainee.uid, trainee.gid);
  }
  const lines = [`user: ${user}`, `trusted_owners: [${user}]`, `output_crontab: ${folder}/crontab`, ...places];
  fs.writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o644 });
  const job = 'name: Training\ncommand: /bin/echo trained\nschedule: "5 4 * * *"\ntimeout: 1\ntag: training\n';
  fs.writeFileSync(path.join(folder, 'job', 'train.yaml'), job, { mode: 0o644 });
  return config;
}

const isRoot = process.geteuid() === 0;

/** The user nobody; undefined on a host without one. */
function nobody() {
  const line = fs.readFileSync('/etc/passwd', 'latin1').match(/^nobody:[^:]*:(\d+):(\d+):/m);
  return line === null ? undefined : { username: 'nobody', uid: Number(line[1]), gid: Number(line[2]) };
}

/** Descriptors of the caches that are not written yet, by bundle. */
const opened = new Map();

/** Runs the program, and stores the compiled functions when it exits. */
function train(program, args) {
  if (isRoot) becomeNobody();
  process.on('exit', store);
  load(`${program}.cjs`).main(args);
}

function becomeNobody() {
  for (const name of bundles()) {
    const file = path.join(__dirname, name);
    if (!isStored(file)) opened.set(file, fs.openSync(`${file}.cache`, 'w', 0o644));
  }
  const { uid, gid } = nobody();
  process.setgroups([]);
  process.setgid(gid);
  process.setuid(uid);
}

function store() {
  for (const { file, script } of loaded) {
    const fd = opened.get(file);
    if (fd !== undefined) fs.writeSync(fd, script.createCachedData());
    else if (!isStored(file)) fs.writeFileSync(`${file}.cache`, script.createCachedData(), { mode: 0o644 });
  }
}

function isStored(file) {
  return fs.existsSync(`${file}.cache`) && fs.statSync(`${file}.cache`).size > 0;
}

const [mode, program, ...args] = process.argv.slice(2);
if (mode === '--train') train(program, args);
else bake();
