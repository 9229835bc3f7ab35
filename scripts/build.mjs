// Bundles each program into one CommonJS file of dist/, beside the node it runs on and the code cache that halves its start.
//
// A dynamic import of a file in src/cli/on-demand is the border of a bundle: what a program needs only sometimes (yargs, winston, nodemailer) lies in
// a file of its own and costs nothing until it is asked for.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { manPages } from './man.mjs';
import { billOfMaterials } from './sbom.mjs';
import { thirdPartyNotices } from './third-party.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** What stands there goes on working while its successor is made in `fresh`: cron may call it at any moment. */
const dist = path.join(root, 'dist');
const fresh = path.join(root, 'build/dist');
const replaced = path.join(root, 'build/dist.replaced');
const version = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;

/** Each of their files becomes one bundle with its name: the programs, and what a program loads on demand. */
const bundleFolders = ['src/cli', 'src/cli/on-demand'].map((folder) => path.join(root, folder));
const entries = bundleFolders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name)),
);

/** A dynamic import of one of them becomes a load of its bundle. */
const bundleBorders = {
  name: 'bundle-borders',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ kind, path: wanted, resolveDir }) => {
      const target = path.resolve(resolveDir, wanted);
      if (kind !== 'dynamic-import' || !bundleFolders.includes(path.dirname(target))) return undefined;
      return { path: `./${path.basename(target, '.ts')}.cjs`, external: true };
    });
  },
};

/**
 * Modules of Node are required once for each bundle. By itself esbuild does so for each file that imports one, and copies all its
 * properties, which costs a start several milliseconds.
 */
const nodeModulesOnce = {
  name: 'node-modules-once',
  setup(builder) {
    builder.onResolve({ filter: /^node:/ }, ({ kind, path: name }) =>
      kind === 'import-statement' ? { path: name, namespace: 'node', sideEffects: false } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'node' }, async ({ path: name }) => {
      const names = Object.keys(await import(name)).filter((exported) => exported !== 'default');
      // Pure, so that only what is imported somewhere is taken.
      const exported = names.map((key) => `export const ${key} = /* @__PURE__ */ take('${key}');`);
      const contents = `const all = require('${name}');\nconst take = (key) => all[key];\nexport default all;\n${exported.join('\n')}`;
      return { contents, resolveDir: root };
    });
  },
};

/**
 * proper-lockfile asks signal-exit to take its locks away when the process ends, with a call that our lock-directory.ts answers by doing
 * nothing: a job may outlive its run-job. Not asking spares each run 18 signal handlers.
 */
const noSignalExit = {
  name: 'no-signal-exit',
  setup(builder) {
    builder.onResolve({ filter: /^signal-exit$/ }, () => ({ path: 'signal-exit', namespace: 'nothing' }));
    builder.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = () => {};' }));
  },
};

/**
 * yargs looks for a package.json in the working directory and above it, and y18n for files of translations: whoever made those directories
 * could hang a program of root's with a FIFO, or have it read a device. Both find nothing here, without looking.
 */
const noLookUp = {
  name: 'no-look-up',
  setup(builder) {
    builder.onResolve({ filter: /^escalade\/sync$/ }, () => ({ path: 'escalade', namespace: 'no-look-up' }));
    builder.onLoad({ filter: /.*/, namespace: 'no-look-up' }, () => ({
      contents: 'module.exports = () => undefined;',
    }));
    builder.onLoad({ filter: /\/y18n\/build\/lib\/platform-shims\/node\.js$/ }, () => ({
      contents: `import { format } from 'node:util';
import { resolve } from 'node:path';
const readFileSync = () => { throw Object.assign(new Error('no translations'), { code: 'ENOENT' }); };
export default { fs: { readFileSync, writeFile: () => undefined }, format, resolve, exists: () => false };`,
      resolveDir: root,
    }));
  },
};

for (const folder of [fresh, replaced]) rmSync(folder, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: fresh,
  entryNames: '[name]',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // boot.cjs compiles bundles without a loader for import(); a require of the sibling bundle is what it answers.
  supported: { 'dynamic-import': false },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.url': 'bundleUrl',
    PROCESS_CONTROL_VERSION: JSON.stringify(version),
  },
  inject: [path.join(root, 'scripts/bundle-url.js')],
  // Wrapped here as Node wraps a CommonJS module when it loads one: boot.cjs would have to copy the text for that.
  banner: { js: '(function(exports,require,module,__filename,__dirname){' },
  footer: { js: '})' },
  alias: {
    // Only proper-lockfile asks for graceful-fs, and it is handed a file system of our own.
    'graceful-fs': 'node:fs',
    // Its ES modules, of which esbuild can leave out what nobody calls.
    yaml: path.join(root, 'node_modules/yaml/browser/index.js'),
  },
  plugins: [bundleBorders, nodeModulesOnce, noSignalExit, noLookUp],
  metafile: true,
  logLevel: 'warning',
});
const inputs = Object.keys(metafile.inputs);
writeFileSync(path.join(fresh, 'THIRD-PARTY.txt'), thirdPartyNotices(root, inputs));
writeFileSync(path.join(fresh, 'process-control.cdx.json'), billOfMaterials(root, inputs));
const scripts = ['src/system/process/reaper.pl', 'src/system/run-log/remaining-output.pl'];
for (const file of ['src/boot/boot.cjs', 'src/boot/bake.cjs', ...scripts]) {
  copyFileSync(path.join(root, file), path.join(fresh, path.basename(file)));
}
// Tests run the compiled sources; own-script.ts looks for these programs beside itself.
for (const file of scripts) {
  copyFileSync(path.join(root, file), path.join(root, 'build/src/system/program', path.basename(file)));
}
// The launchers run this node, whatever PATH says when cron or sudo calls them.
symlinkSync(process.execPath, path.join(fresh, 'node'));
for (const name of readdirSync(path.join(root, 'bin'))) chmodSync(path.join(root, 'bin', name), 0o755);
// A program that starts between the two renames finds nothing and says so: some microseconds instead of the whole build.
if (existsSync(dist)) renameSync(dist, replaced);
renameSync(fresh, dist);
rmSync(replaced, { recursive: true, force: true });
// In their place, whose path the caches hold. Until then programs start slower.
execFileSync(process.execPath, [path.join(dist, 'bake.cjs')], { stdio: 'inherit' });
manPages(root, version);
