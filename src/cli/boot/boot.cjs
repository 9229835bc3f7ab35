'use strict';
// Starts a bundle of this folder: `boot.cjs PROGRAM ARGS…`, compiled from V8's code cache when
// there is a valid one.
//
// bake.cjs makes the cache at build or install time, as the owner of the folder; this file only
// reads it. V8 itself rejects a cache of another version, of other flags or of another source text.
// Then the bundle is compiled as usual, which is slower.

// This must come first: without a handler Node opens its inspector at this signal, a port through
// which every user of the host can run code in this process. Until this line the launcher's
// --inspect-port keeps it closed.
process.on('SIGUSR1', () => {});

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** The bundles that are loaded, for bake.cjs. */
const loaded = [];

/** Descriptors of the files of this folder, opened when the program started. */
const held = new Map();

// own-script.ts opens the perl programs of this folder through it.
globalThis[Symbol.for('process-control.held')] = held;

/**
 * Opens the files of this folder. A run may take days and load a bundle only when it reports its
 * failure; by then an upgrade may have replaced the bundles. dpkg and install(1) create new files,
 * so a descriptor keeps the old ones.
 */
function hold() {
  for (const name of fs.readdirSync(__dirname)) {
    if (/\.(cjs(\.cache)?|pl)$/.test(name))
      held.set(path.join(__dirname, name), fs.openSync(path.join(__dirname, name)));
  }
}

/** Compiles one bundle, which scripts/build.mjs has wrapped in a function. */
function compile(file) {
  let cachedData;
  const cache = held.size === 0 ? `${file}.cache` : held.get(`${file}.cache`);
  try {
    if (cache !== undefined) cachedData = fs.readFileSync(cache);
  } catch {
    // There is no cache.
  }
  return new vm.Script(fs.readFileSync(held.get(file) ?? file, 'latin1'), { filename: file, cachedData });
}

/**
 * The modules by file: a supervisor loads the same bundle often, and a descriptor can be read only
 * once.
 */
const modules = new Map();

/**
 * Loads a bundle. Its requires of sibling bundles come back to this function, so that they use a
 * cache too.
 */
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
 * Closes inherited descriptors above 15. A child that outlives this process, such as a supervisor,
 * would otherwise hold the starter's lock or pipe. Node marks descriptors up to 15, and those above
 * up to the first gap, as not to be inherited (libuv: uv_disable_stdio_inheritance), and every
 * descriptor that it opens. So a descriptor without that mark was inherited.
 */
function closeLeaks() {
  const closeOnExec = 0o2000000;
  for (const name of fs.readdirSync('/proc/self/fd')) {
    if (Number(name) <= 15) continue;
    try {
      const flags = /^flags:\s*(\d+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))[1];
      if ((Number.parseInt(flags, 8) & closeOnExec) === 0) fs.closeSync(Number(name));
    } catch {
      // This is the descriptor of the directory itself, which is closed by now.
    }
  }
}

/**
 * Gives a removed working directory a path, which yargs and path.resolve() need. Below that path no
 * file is found.
 */
function fixWorkingDirectory() {
  try {
    process.cwd();
  } catch {
    process.cwd = () => '/proc/self/cwd';
  }
}

/**
 * Reports in one line why the program can't begin, to the system log too: under cron only that is
 * read.
 */
function refuse(program, { code, message }) {
  for (const fd of held.values()) fs.closeSync(fd);
  const advice = code === 'EMFILE' ? ' (ulimit -n is too low)' : '';
  const words = `${program}: it can't begin: ${message}${advice}`;
  try {
    fs.writeSync(2, `${words}\n`);
  } catch {
    // stderr is closed.
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
    fixWorkingDirectory();
    hold();
    load(`${program}.cjs`).main(args);
  } catch (error) {
    refuse(program, error);
  }
}
