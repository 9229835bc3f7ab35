// Builds, and runs the attacks of docs/security.md: every test file that the page names. `--list`
// prints their names.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const page = readFileSync(path.join(root, 'docs/security.md'), 'utf8');
const named = [...new Set([...page.matchAll(/`(test\/[\w/-]+\.test\.ts)`/g)].map(([, file]) => file))].sort();
const missing = named.filter((file) => !existsSync(path.join(root, file)));
if (missing.length > 0 || named.length === 0) {
  console.error(`docs/security.md names tests that there are not: ${missing.join(', ') || 'it names none'}`);
  process.exit(1);
}
if (process.argv.includes('--list')) {
  console.log(named.join('\n'));
  process.exit(0);
}
if (process.getuid() !== 0) console.error('Most attacks need root, and are skipped now.');
const compiled = named.map((file) => path.join('build', file.replace(/\.ts$/, '.js')));
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=3', ...compiled], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
