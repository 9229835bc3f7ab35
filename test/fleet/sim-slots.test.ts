/** Services over a pool in virtual time; longer: `npm run storm fleet-slots`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotInvariants } from './sim/slots/audit.ts';
import { SlotStory } from './sim/slots/story.ts';
import { slotVariants } from './sim/slots/variants.ts';

const minutes = 30;

for (let seed = 1; seed <= 8; seed++)
  test(`instances over hosts that crash, freeze and are cut off keep every promise (seed ${seed})`, async () => {
    const { problems, takes } = await new SlotStory(seed, minutes).tell();
    assert.deepEqual(problems, []);
    assert.ok(takes > 0);
  });

for (const { name, faults, fails, seed: first } of slotVariants)
  test(`the simulation of services notices when ${name}`, async () => {
    const found: string[] = [];
    for (const seed of [first, ...Array.from({ length: 40 }, (_, place) => place + 1)]) {
      const { problems } = await new SlotStory(seed, minutes, faults).tell();
      found.push(...problems.slice(0, 2));
      if (problems.some((problem) => problem.includes(` ${fails}: `))) return;
    }
    assert.fail(`no seed fails by "${slotInvariants[fails]}"; found: ${found.join('\n')}`);
  });

test('each invariant of services has a variant that must fail by it', () => {
  assert.deepEqual([...new Set(slotVariants.map(({ fails }) => fails))].sort(), Object.keys(slotInvariants).sort());
});
