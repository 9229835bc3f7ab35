/**
 * The bill of materials says which packages are in the bundles, and is what a reader of CycloneDX
 * 1.6 expects.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const text = read('dist/process-control.cdx.json');
const bill = JSON.parse(text) as {
  readonly serialNumber: string;
  readonly components: readonly {
    readonly group?: string;
    readonly name: string;
    readonly version: string;
    readonly purl: string;
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
};
const nameOf = ({ group, name }: { readonly group?: string; readonly name: string }) =>
  group === undefined ? name : `${group}/${name}`;

/**
 * The rules of https://cyclonedx.org/schema/bom-1.6.schema.json for the parts that are used here;
 * it allows no unknown key.
 */
const closed = { type: 'object', additionalProperties: false } as const;
const some = { type: 'string', minLength: 1 } as const;
const licences = {
  oneOf: [
    {
      type: 'array',
      minItems: 1,
      items: {
        ...closed,
        required: ['license'],
        properties: {
          license: { ...closed, required: ['id'], properties: { id: { type: 'string', pattern: '^[\\w.+-]+$' } } },
        },
      },
    },
    {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: { ...closed, required: ['expression'], properties: { expression: some } },
    },
  ],
};
const component = {
  ...closed,
  required: ['type', 'name', 'version', 'bom-ref', 'licenses'],
  properties: {
    type: { enum: ['application', 'library'] },
    'bom-ref': some,
    group: some,
    name: some,
    version: { type: 'string', maxLength: 1024 },
    description: { type: 'string' },
    scope: { enum: ['required', 'optional', 'excluded'] },
    purl: { type: 'string', pattern: '^pkg:npm/(%40[\\w.-]+/)?[\\w.-]+@[\\w.+-]+$' },
    licenses: licences,
    hashes: {
      type: 'array',
      minItems: 1,
      items: {
        ...closed,
        required: ['alg', 'content'],
        properties: { alg: { const: 'SHA-512' }, content: { type: 'string', pattern: '^[a-f0-9]{128}$' } },
      },
    },
  },
};
const schema = {
  ...closed,
  required: ['bomFormat', 'specVersion', 'serialNumber', 'version', 'metadata', 'components', 'dependencies'],
  properties: {
    bomFormat: { const: 'CycloneDX' },
    specVersion: { const: '1.6' },
    serialNumber: {
      type: 'string',
      pattern: '^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$',
    },
    version: { type: 'integer', minimum: 1 },
    metadata: { ...closed, required: ['component'], properties: { component } },
    components: {
      type: 'array',
      uniqueItems: true,
      items: { ...component, required: [...component.required, 'purl', 'hashes'] },
    },
    dependencies: {
      type: 'array',
      uniqueItems: true,
      items: {
        ...closed,
        required: ['ref'],
        properties: { ref: some, dependsOn: { type: 'array', uniqueItems: true, items: some } },
      },
    },
  },
};

test('it has what CycloneDX 1.6 requires', () => {
  const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);
  assert.ok(validate(bill), JSON.stringify(validate.errors));
  const [own, ...others] = bill.dependencies;
  assert.deepEqual(
    own?.dependsOn,
    bill.components.map(({ purl }) => purl),
  );
  assert.deepEqual(
    others.map(({ ref }) => ref),
    own?.dependsOn,
  );
});

/** The packages that the sources import, without those of types, which are not in a bundle. */
function importedPackages(): readonly string[] {
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const found = files.flatMap((name) => [
    ...read(`src/${name}`).matchAll(/^import (?!type )[^;]* from '((?:@[\w-]+\/)?[\w-]+)/gm),
  ]);
  const packages = new Set(found.map(([, name = '']) => name).filter((name) => name !== 'node'));
  assert.ok(packages.size > 5, [...packages].join(' '));
  return [...packages];
}

test('it names each package whose code is in the bundles, and no other', () => {
  const notices = [...read('dist/THIRD-PARTY.txt').matchAll(/^== (\S+) (\S+) \(/gm)].map(
    ([, name, version]) => `${name}@${version}`,
  );
  assert.deepEqual(
    bill.components.map((one) => `${nameOf(one)}@${one.version}`),
    notices,
  );
  const names = bill.components.map(nameOf);
  for (const name of importedPackages()) assert.ok(names.includes(name), `${name} is not in it`);
  const lock = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: true; version: string; integrity?: string }>;
  };
  for (const one of bill.components) {
    const locked = Object.entries(lock.packages).find(
      ([directory, { version }]) => directory.endsWith(`node_modules/${nameOf(one)}`) && version === one.version,
    );
    assert.ok(locked !== undefined && locked[1].dev !== true, `${one.purl} is not what this program depends on`);
  }
});

test('it is the same for the same packages in any order, and has another number for other packages', async () => {
  const { billOfMaterials } = (await import(path.join(root, 'scripts/sbom.mjs'))) as {
    billOfMaterials: (root: string, inputs: readonly string[]) => string;
  };
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };
  const inputs = Object.entries(lock.packages).flatMap(([directory, { version }]) =>
    bill.components.some((one) => directory === `node_modules/${nameOf(one)}` && one.version === version)
      ? [`${directory}/index.js`, `${directory}/lib/x.js`]
      : [],
  );
  const made = billOfMaterials(root, inputs);
  assert.equal(billOfMaterials(root, inputs.toReversed()), made);
  if (inputs.length === 2 * bill.components.length) assert.equal(made, text);
  const fewer = JSON.parse(billOfMaterials(root, inputs.slice(2))) as typeof bill;
  assert.notEqual(fewer.serialNumber, bill.serialNumber);
  assert.equal(fewer.components.length, inputs.length / 2 - 1);
  assert.doesNotMatch(text, /timestamp/);
  assert.ok(!text.includes(root));
});
