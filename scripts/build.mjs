// Bundles each program into one CommonJS file of dist/, beside the node it runs on and the code
// cache that halves its start.
//
// A dynamic import of a file in an on-demand folder is the border of a bundle: code that a program
// needs only sometimes (yargs, winston, nodemailer) is in its own bundle and costs nothing until it
// is loaded.
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
/**
 * The old programs stay in place while the new ones are made in `fresh`, because cron may call them
 * at any moment.
 */
const dist = path.join(root, 'dist');
const fresh = path.join(root, 'build/dist');
const replaced = path.join(root, 'build/dist.replaced');
const version = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;

/**
 * Folders of which each file becomes one bundle of its name: the programs, and the code that they
 * load on demand.
 */
const bundleFolders = ['src/cli', 'src/cli/on-demand', 'src/cli/run/on-demand', 'src/cli/jobctl/on-demand'].map(
  (folder) => path.join(root, folder),
);
const entries = bundleFolders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.join(folder, name)),
);

/** Turns a dynamic import of such a file into a load of its bundle. */
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
 * Requires each module of Node once for each bundle. esbuild by itself does it for each file that
 * imports one, and copies all its properties, which costs several milliseconds at each start.
 */
const nodeModulesOnce = {
  name: 'node-modules-once',
  setup(builder) {
    builder.onResolve({ filter: /^node:/ }, ({ kind, path: name }) =>
      kind === 'import-statement' ? { path: name, namespace: 'node', sideEffects: false } : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'node' }, async ({ path: name }) => {
      const names = Object.keys(await import(name)).filter((exported) => exported !== 'default');
      // Pure, so that only the imported parts are kept.
      const exported = names.map((key) => `export const ${key} = /* @__PURE__ */ take('${key}');`);
      const contents = `const all = require('${name}');\nconst take = (key) => all[key];\nexport default all;\n${exported.join('\n')}`;
      return { contents, resolveDir: root };
    });
  },
};

/**
 * Replaces signal-exit, which proper-lockfile uses to remove its locks when the process ends, by a
 * function that does nothing: a job may outlive its run-job, so src/system/lock/directory.ts
 * ignores that call anyway. It saves each run 18 signal handlers.
 */
const noSignalExit = {
  name: 'no-signal-exit',
  setup(builder) {
    builder.onResolve({ filter: /^signal-exit$/ }, () => ({ path: 'signal-exit', namespace: 'nothing' }));
    builder.onLoad({ filter: /.*/, namespace: 'nothing' }, () => ({ contents: 'module.exports = () => {};' }));
  },
};

/**
 * Replaces the searches of yargs for a package.json in the working directory and above, and of y18n
 * for translations, by functions that find nothing: the owner of those directories could make a
 * program of root's hang on a FIFO or read a device.
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
  // boot.cjs compiles bundles without a loader for import(); it handles a require of a sibling
  // bundle.
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
  // The text is wrapped here as Node wraps a CommonJS module, so that boot.cjs need not copy it.
  banner: { js: '(function(exports,require,module,__filename,__dirname){' },
  footer: { js: '})' },
  alias: {
    // Only proper-lockfile imports graceful-fs, and it gets a file system from src/system/lock.
    'graceful-fs': 'node:fs',
    // The ES modules, from which esbuild can remove unused code.
    yaml: path.join(root, 'node_modules/yaml/browser/index.js'),
  },
  plugins: [bundleBorders, nodeModulesOnce, noSignalExit, noLookUp],
  metafile: true,
  logLevel: 'warning',
});
/** The script of the page is a bundle in a bundle, made before. */
const pageInputs = JSON.parse(readFileSync(path.join(root, 'src/generated/page-inputs.json'), 'utf8'));
const inputs = [...Object.keys(metafile.inputs), ...pageInputs];
writeFileSync(path.join(fresh, 'THIRD-PARTY.txt'), thirdPartyNotices(root, inputs));
writeFileSync(path.join(fresh, 'process-control.cdx.json'), billOfMaterials(root, inputs));
const scripts = ['src/system/process/reaper.pl', 'src/system/run-log/remaining-output.pl'];
for (const file of ['src/cli/boot/boot.cjs', 'src/cli/boot/bake.cjs', ...scripts]) {
  copyFileSync(path.join(root, file), path.join(fresh, path.basename(file)));
}
// Tests run the compiled sources; own-script.ts looks for these programs beside itself.
for (const file of scripts) {
  copyFileSync(path.join(root, file), path.join(root, 'build/src/system/program', path.basename(file)));
}
// The launchers run this node, whatever PATH cron or sudo give them.
symlinkSync(process.execPath, path.join(fresh, 'node'));
for (const name of readdirSync(path.join(root, 'bin'))) chmodSync(path.join(root, 'bin', name), 0o755);
// A program that starts between the two renames finds nothing and says so: for some microseconds,
// not for the whole build.
if (existsSync(dist)) renameSync(dist, replaced);
renameSync(fresh, dist);
rmSync(replaced, { recursive: true, force: true });
// The caches are made in the final place, because they contain its path. Until then programs start
// slower.
execFileSync(process.execPath, [path.join(dist, 'bake.cjs')], { stdio: 'inherit' });
manPages(root, version);
