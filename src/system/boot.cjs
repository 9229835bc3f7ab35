'use strict';
// Starts a bundle of this folder: `boot.cjs PROGRAM ARGS…`, compiled from V8's code cache when there is a valid one.
//
// The cache is made by bake.cjs, at build or install time, by whoever owns the folder; it is only ever read here. V8 itself rejects a
// cache of another version, of other flags or of another source text; then the bundle is compiled as usual: slower, never wrong.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');

/** What has been loaded, for bake.cjs. */
const loaded = [];

/** Descriptors of the files of this folder as they were when the program started. */
const held = new Map();

/**
 * A run may take days and load a bundle only when it tells of its failure; by then an upgrade may have put those of another version in
 * their place. dpkg and install(1) make new files, so a descriptor keeps the old ones.
 */
function hold() {
  for (const name of fs.readdirSync(__dirname)) {
    if (/\.cjs(\.cache)?$/.test(name)) held.set(path.join(__dirname, name), fs.openSync(path.join(__dirname, name)));
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

module.exports = { load, loaded };

if (require.main === module) {
  const [program, ...args] = process.argv.slice(2);
  hold();
  load(`${program}.cjs`).main(args);
}
