'use strict';
// Starts a bundle of this folder: `boot.cjs PROGRAM ARGS…`, compiled from V8's code cache when there is a valid one.
//
// The cache is made by `boot.cjs --bake`, at build or install time, by whoever owns the folder; it is only ever read afterwards.
// V8 itself rejects a cache of another version, of other flags or of another source text; then the bundle is compiled as usual.
const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { Module } = require('node:module');

/** Compiles one bundle as Node would wrap a CommonJS module, and says whether the cache was taken. */
function compile(file) {
  let cachedData;
  try {
    cachedData = fs.readFileSync(`${file}.cache`);
  } catch {
    // Not baked: slower, never wrong.
  }
  return new vm.Script(Module.wrap(fs.readFileSync(file, 'utf8')), { filename: file, cachedData });
}

/** Loads a bundle; its own requires of sibling bundles come back here, so that they have a cache too. */
function load(file) {
  const module = { exports: {} };
  const native = Module.createRequire(file);
  const require = (wanted) => (wanted.startsWith('./') ? load(path.join(__dirname, wanted)) : native(wanted));
  const script = compile(file);
  script.runInThisContext().call(module.exports, module.exports, require, module, file, __dirname);
  loaded.push({ file, script });
  return module.exports;
}

/** Runs each bundle's definitions once (`main` is not called), so that what a start needs is compiled, then stores the cache. */
function bake() {
  for (const name of fs.readdirSync(__dirname)) {
    if (!name.endsWith('.cjs') || name === 'boot.cjs') continue;
    const file = path.join(__dirname, name);
    fs.rmSync(`${file}.cache`, { force: true });
    const exported = load(file);
    exported.train?.();
    const { script } = loaded.find((bundle) => bundle.file === file);
    fs.writeFileSync(`${file}.cache`, script.createCachedData());
  }
}

const loaded = [];
const [program, ...rest] = process.argv.slice(2);
if (program === '--bake') bake();
else load(path.join(__dirname, `${program}.cjs`)).main(rest);
