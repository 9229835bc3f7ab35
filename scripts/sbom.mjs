// A bill of materials of the bundles: CycloneDX 1.6 in JSON (https://cyclonedx.org/docs/1.6/json/),
// with exactly the packages of the bundler's list of inputs. It contains neither time nor host, so
// that two builds of a commit have the same bytes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundledPackages } from './third-party.mjs';

/**
 * The text for these inputs (paths below `root`). Throws for a package without a hash in
 * package-lock.json.
 */
export function billOfMaterials(root, inputs) {
  const own = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const components = bundledPackages(root, inputs).map((one) => component(one, lock[one.directory]?.integrity));
  const facts = {
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': `${own.name}@${own.version}`,
        name: own.name,
        version: own.version,
        description: own.description,
        licenses: licences(own.license),
      },
    },
    components,
    dependencies: [
      { ref: `${own.name}@${own.version}`, dependsOn: components.map((one) => one['bom-ref']) },
      ...components.map((one) => ({ ref: one['bom-ref'] })),
    ],
  };
  const bill = { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuidOf(facts)}`, ...facts };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function component({ name, version, license, directory }, integrity) {
  const [, algorithm, base64] = /^(sha512)-([\w+/]+=*)$/.exec(integrity ?? '') ?? [];
  if (algorithm === undefined) throw new Error(`package-lock.json has no sha512 of ${directory}`);
  const [group, plain] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group !== undefined && { group }),
    name: plain,
    version,
    scope: 'required',
    hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }],
    licenses: licences(license),
    purl,
  };
}

/** An SPDX identifier, or an expression of several. */
function licences(license) {
  return /^[\w.+-]+$/.test(license) ? [{ license: { id: license } }] : [{ expression: license }];
}

/** A UUID that is the same for the same facts: version 8 of RFC 9562. */
function uuidOf(facts) {
  const hex = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
