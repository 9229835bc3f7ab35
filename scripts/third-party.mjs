// Says whose code is inside the bundles: dist/THIRD-PARTY.txt, one notice per package of the bundler's own list of inputs.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The text for these inputs (paths below `root`), sorted by package. Throws when a package does not say under which licence it is. */
export function thirdPartyNotices(root, inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const [directory] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (directory !== undefined) packages.set(directory, notice(path.join(root, directory)));
  }
  const notices = [...new Set(packages.values())].sort();
  return `process-control contains code of these packages.\n\n${notices.join('\n')}`;
}

function notice(directory) {
  const { name, version, license, author } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
  if (typeof license !== 'string') throw new Error(`${name} has no licence in its package.json`);
  const file = readdirSync(directory).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const words =
    file === undefined ? `By ${author?.name ?? author}.` : readFileSync(path.join(directory, file), 'utf8').trim();
  return `== ${name} ${version} (${license})\n\n${words.replaceAll('\r', '')}\n`;
}
