'use strict';
// Makes the code caches that boot.cjs reads: `bake.cjs`, run once by whoever builds or installs, after every change of node.
//
// A cache holds the functions that had been compiled when it was made, so each program is first run for real: on a configuration and
// a job of its own, in a folder that is removed afterwards. Where that can't be (a checkout below a directory that anybody can write is
// not trusted with a configuration), the cache holds what loading alone compiles, which is slower and nothing else.
//
// Jobs never run as root, so a program that root trains becomes nobody first. Root has opened the files of the caches by then, and the kernel
// lets no other process of nobody look into one that has given up root's rights: what is stored is what this program has compiled.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { load, loaded } = require('./boot.cjs');

// What is made here is for everybody to read.
process.umask(0o022);

/** A program's own way through its code, by the programs that are started most. */
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

/** Absent on a machine without such a user. */
function nobody() {
  const line = fs.readFileSync('/etc/passwd', 'latin1').match(/^nobody:[^:]*:(\d+):(\d+):/m);
  return line === null ? undefined : { username: 'nobody', uid: Number(line[1]), gid: Number(line[2]) };
}

/** Descriptors of caches that are still to be written, by bundle. */
const opened = new Map();

/** Runs the program as it is; when it exits, what it compiled is stored. */
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
