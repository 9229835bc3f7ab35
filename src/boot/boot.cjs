'use strict';
// Starts a bundle of this folder: `boot.cjs PROGRAM ARGS…`, compiled from V8's code cache when there is a valid one.
//
// The cache is made by bake.cjs, at build or install time, by whoever owns the folder; it is only ever read here. V8 itself rejects a
// cache of another version, of other flags or of another source text; then the bundle is compiled as usual: slower, never wrong.

// Before anything else: without a handler Node opens its inspector at this signal, a port through which every user of the machine can have
// code run by this process. Until this line the launcher's --inspect-port keeps it shut.
process.on('SIGUSR1', () => {});

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** What has been loaded, for bake.cjs. */
const loaded = [];

/** Descriptors of the files of this folder as they were when the program started. */
const held = new Map();

/** For own-script.ts, which opens the perl programs of this folder. */
globalThis[Symbol.for('process-control.held')] = held;

/**
 * A run may take days and load a bundle only when it tells of its failure; by then an upgrade may have put those of another version in
 * their place. dpkg and install(1) make new files, so a descriptor keeps the old ones.
 */
function hold() {
  for (const name of fs.readdirSync(__dirname)) {
    if (/\.(cjs(\.cache)?|pl)$/.test(name))
      held.set(path.join(__dirname, name), fs.openSync(path.join(__dirname, name)));
  }
}

/** Compiles one bundle to the function that scripts/build.mjs has made of it. */
function compile(file) {
  let cachedData;
  const cache = held.size === 0 ? `${file}.cache` : held.get(`${file}.cache`);
  try {
    if (cache !== undefined) cachedData = fs.readFileSync(cache);
  } catch {
    // Not baked.
  }
  return new vm.Script(fs.readFileSync(held.get(file) ?? file, 'latin1'), { filename: file, cachedData });
}

/** By file: a supervisor asks for the same one each time that it has something to tell, and a descriptor is read only once. */
const modules = new Map();

/** Loads a bundle; its own requires of sibling bundles come back here, so that they have a cache too. */
function load(name) {
  const file = path.join(__dirname, name);
  const known = modules.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(file, module);
  const requireFrom = (wanted) => (wanted.startsWith('./') ? load(wanted) : require(wanted));
  const script = compile(file);
  loaded.push({ file, script });
  script.runInThisContext()(module.exports, requireFrom, module, file, __dirname);
  return module.exports;
}

module.exports = { load, loaded, closeLeaks };

/**
 * Closes the files that this process was started with and must neither keep nor pass on: what outlives it, as a supervisor does, would hold
 * its starter's lock or pipe for as long. Node itself marks descriptors up to 15, and those above up to the first gap, as not to be inherited
 * (libuv: uv_disable_stdio_inheritance); whatever has no such mark here is somebody else's, since what Node opens always has it.
 */
function closeLeaks() {
  const closeOnExec = 0o2000000;
  for (const name of fs.readdirSync('/proc/self/fd')) {
    if (Number(name) <= 15) continue;
    try {
      const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))[1];
      if ((Number.parseInt(flags, 8) & closeOnExec) === 0) fs.closeSync(Number(name));
    } catch {
      // The descriptor with which the directory was read is closed by now.
    }
  }
}

/** A working directory that has been removed has no path; yargs and path.resolve() ask for one. Below this one nothing is found, as is true. */
function standSomewhere() {
  try {
    process.cwd();
  } catch {
    process.cwd = () => '/proc/self/cwd';
  }
}

/** A program that can't even begin says so in one line, to the system log too: by the clock nobody reads anything else. */
function refuse(program, { code, message }) {
  for (const fd of held.values()) fs.closeSync(fd);
  const advice = code === 'EMFILE' ? ' (ulimit -n is too low)' : '';
  const words = `${program}: it can't begin: ${message}${advice}`;
  try {
    fs.writeSync(2, `${words}\n`);
  } catch {
    // Nobody reads it.
  }
  require('node:child_process').spawnSync('/usr/bin/logger', ['-t', program, '-p', 'cron.err', '--', words], {
    stdio: 'ignore',
  });
  process.exit(125);
}

if (require.main === module) {
  closeLeaks();
  const [program, ...args] = process.argv.slice(2);
  try {
    standSomewhere();
    hold();
    load(`${program}.cjs`).main(args);
  } catch (error) {
    refuse(program, error);
  }
}
