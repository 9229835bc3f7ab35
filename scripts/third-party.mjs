// Writes dist/THIRD-PARTY.txt: one notice for each package whose code is in the bundles, by the
// bundler's list of inputs.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The packages of these inputs (paths below `root`), sorted by name. Throws for a package that
 * names no licence.
 */
export function bundledPackages(root, inputs) {
  const directories = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const packages = [...directories].map((directory) => {
    const { name, version, license, author } = JSON.parse(
      readFileSync(path.join(root, directory, 'package.json'), 'utf8'),
    );
    if (typeof license !== 'string') throw new Error(`${name} has no licence in its package.json`);
    return { name, version, license, author, directory };
  });
  const key = ({ name, version }) => `${name} ${version}`;
  const known = new Map(packages.map((one) => [key(one), one]));
  return [...known.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** The text for these inputs. */
export function thirdPartyNotices(root, inputs) {
  const notices = bundledPackages(root, inputs).map((one) => notice(root, one));
  return `process-control contains code of these packages.\n\n${notices.join('\n')}`;
}

function notice(root, { name, version, license, author, directory }) {
  const file = readdirSync(path.join(root, directory)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const words =
    file === undefined
      ? `By ${author?.name ?? author}.`
      : readFileSync(path.join(root, directory, file), 'utf8').trim();
  return `== ${name} ${version} (${license})\n\n${words.replaceAll('\r', '')}\n`;
}
