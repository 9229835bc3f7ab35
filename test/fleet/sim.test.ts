/** The claims, deadlines and accounts of a fleet in virtual time; longer: `npm run storm fleet`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invariants } from './sim/audit.ts';
import { Story } from './sim/story.ts';
import { variants } from './sim/variants.ts';

const usualTicks = 20;

for (let seed = 1; seed <= 20; seed++)
  test(`hosts that crash, freeze, are cut off and have wrong clocks keep every promise (seed ${seed})`, async () => {
    const { problems, starts } = await new Story(seed, usualTicks).tell();
    assert.deepEqual(problems, []);
    assert.ok(starts > 0);
  });

for (const { name, faults, fails, seed: first, ticks = 40 } of variants)
  test(`the simulation notices when ${name}`, async () => {
    const found: string[] = [];
    const seeds = [first, ...Array.from({ length: 60 }, (_, place) => place + 1)];
    for (const seed of seeds) {
      const { problems } = await new Story(seed, ticks, faults).tell();
      found.push(...problems.slice(0, 2));
      if (problems.some((problem) => problem.includes(` ${fails}: `))) return;
    }
    assert.fail(`no seed fails by "${invariants[fails]}"; found: ${found.join('\n')}`);
  });

test('each invariant has a variant that must fail by it', () => {
  assert.deepEqual([...new Set(variants.map(({ fails }) => fails))].sort(), Object.keys(invariants).sort());
});
