// Bundles each program into one CommonJS file of dist/, beside the node it runs on and the code cache that halves its start.
//
// A dynamic import in src/cli is the border of a bundle: what a program needs only sometimes (yargs, winston, nodemailer) lies in
// a file of its own and costs nothing until it is asked for.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { thirdPartyNotices } from './third-party.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const dist = path.join(root, 'dist');
const version = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version;

/** Every program, and every file that a program loads on demand, is one bundle named after its file in src/cli. */
const entries = readdirSync(path.join(root, 'src/cli'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => path.join(root, 'src/cli', name));

/** A dynamic import of a file in src/cli becomes a load of the bundle of that name. */
const bundleBorders = {
  name: 'bundle-borders',
  setup(builder) {
    builder.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ kind, path: wanted, resolveDir }) => {
      const target = path.resolve(resolveDir, wanted);
      if (kind !== 'dynamic-import' || path.dirname(target) !== path.join(root, 'src/cli')) return undefined;
      return { path: `./${path.basename(target, '.ts')}.cjs`, external: true };
    });
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: dist,
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
  define: { 'import.meta.url': 'bundleUrl', PROCESS_CONTROL_VERSION: JSON.stringify(version) },
  banner: { js: "const bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
  // Only proper-lockfile asks for graceful-fs, and it is handed a file system of our own.
  alias: { 'graceful-fs': 'node:fs' },
  plugins: [bundleBorders],
  metafile: true,
  logLevel: 'warning',
});
writeFileSync(path.join(dist, 'THIRD-PARTY.txt'), thirdPartyNotices(root, Object.keys(metafile.inputs)));
for (const name of ['boot.cjs', 'bake.cjs', 'reaper.pl']) {
  copyFileSync(path.join(root, 'src/system', name), path.join(dist, name));
}
// Tests run the compiled sources, which look for the reaper beside themselves.
copyFileSync(path.join(root, 'src/system/reaper.pl'), path.join(root, 'build/src/system/reaper.pl'));
// The launchers run this node, whatever PATH says when cron or sudo calls them.
symlinkSync(process.execPath, path.join(dist, 'node'));
for (const name of readdirSync(path.join(root, 'bin'))) chmodSync(path.join(root, 'bin', name), 0o755);
execFileSync(process.execPath, [path.join(dist, 'bake.cjs')], { stdio: 'inherit' });
