'use strict';
// Makes the code caches that boot.cjs reads: `bake.cjs`, run once by whoever builds or installs, after every change of node.
//
// A cache holds the functions that had been compiled when it was made, so each program is first run for real: on a configuration and
// a job of its own, in a folder that is removed afterwards. Where that can't be (a checkout below a directory that anybody can write is
// not trusted with a configuration), the cache holds what loading alone compiles, which is slower and nothing else.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { load, loaded } = require('./boot.cjs');

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
      spawnSync(process.execPath, [__filename, '--train', program, '--config', config, ...args], {
        stdio: 'ignore',
        env: { PATH: '/usr/bin:/bin', HOME: folder, PROCESS_CONTROL_WRAPPER: 'training' },
      });
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  for (const name of bundles()) {
    if (fs.existsSync(path.join(__dirname, `${name}.cache`))) continue;
    load(name);
    store();
  }
}

function writeTraining(folder) {
  const config = path.join(folder, 'process-control.yaml');
  const user = os.userInfo().username;
  const places = ['job', 'run', 'state', 'output'].map((key) => `${key}_directory: ${path.join(folder, key)}`);
  for (const key of ['job', 'run', 'state', 'output']) fs.mkdirSync(path.join(folder, key), { mode: 0o755 });
  const lines = [`user: ${user}`, `trusted_owners: [${user}]`, `output_crontab: ${folder}/crontab`, ...places];
  fs.writeFileSync(config, `${lines.join('\n')}\n`, { mode: 0o644 });
  const job = 'name: Training\ncommand: /bin/echo trained\nschedule: "5 4 * * *"\ntimeout: 1\ntag: training\n';
  fs.writeFileSync(path.join(folder, 'job', 'train.yaml'), job, { mode: 0o644 });
  return config;
}

/** Runs the program as it is; when it exits, what it compiled is stored. */
function train(program, args) {
  process.on('exit', store);
  load(`${program}.cjs`).main(args);
}

function store() {
  for (const { file, script } of loaded) {
    if (!fs.existsSync(`${file}.cache`)) fs.writeFileSync(`${file}.cache`, script.createCachedData(), { mode: 0o644 });
  }
}

const [mode, program, ...args] = process.argv.slice(2);
if (mode === '--train') train(program, args);
else bake();
