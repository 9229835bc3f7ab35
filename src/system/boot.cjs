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

/** Compiles one bundle to the function that scripts/build.mjs has made of it. */
function compile(file) {
  let cachedData;
  try {
    cachedData = fs.readFileSync(`${file}.cache`);
  } catch {
    // Not baked.
  }
  return new vm.Script(fs.readFileSync(file, 'latin1'), { filename: file, cachedData });
}

/** Loads a bundle; its own requires of sibling bundles come back here, so that they have a cache too. */
function load(name) {
  const file = path.join(__dirname, name);
  const module = { exports: {} };
  const requireFrom = (wanted) => (wanted.startsWith('./') ? load(wanted) : require(wanted));
  const script = compile(file);
  loaded.push({ file, script });
  script.runInThisContext()(module.exports, requireFrom, module, file, __dirname);
  return module.exports;
}

module.exports = { load, loaded };

if (require.main === module) {
  const [program, ...args] = process.argv.slice(2);
  load(`${program}.cjs`).main(args);
}
