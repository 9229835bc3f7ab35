/**
 * Every command block of the documentation runs, and prints what its page shows. DOCS_UPDATE=1 writes
 * the outputs into the pages instead; DOCS_PAGE=docs/tutorial.md runs one page only.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { repository } from '../cli/house.ts';
import { betweenTicks } from './between-ticks.ts';
import { carryOut, type Difference } from './carry-out.ts';
import { Machines, noMachine } from './machine.ts';
import { stepsOf } from './page.ts';
import { pages } from './pages.ts';

const read = (file: string) => readFileSync(path.join(repository, file), 'utf8');
const { DOCS_UPDATE, DOCS_PAGE } = process.env;

describe('the commands on the pages of the documentation', { skip: noMachine, concurrency: 3 }, () => {
  let machines: Machines;
  before(async () => {
    machines = await Machines.make();
  });
  after(async () => machines.close());

  for (const page of pages.filter((name) => DOCS_PAGE === undefined || name === DOCS_PAGE)) {
    const steps = stepsOf(read(page), read);
    if (steps.length === 0) continue;
    test(`${page}: each command prints what the page shows`, async (context) => {
      const { differences, notRun } = await betweenTicks(read(page), () => carryOut(steps, machines));
      for (const each of notRun) context.diagnostic(`${page} ${each}`);
      if (DOCS_UPDATE !== undefined) update(page, differences);
      if (differences.length > 0)
        assert.fail(differences.map(({ line, message }) => `${page}:${line}: ${message}`).join('\n\n'));
    });
  }

  /** Each fixture is a page with one problem; its first line has the words of the expected message. */
  for (const name of ['stale', 'fails', 'no-place', 'bad-key', 'not-carried-out-elsewhere', 'by-indentation']) {
    if (DOCS_PAGE !== undefined) continue;
    test(`a page is refused: ${name}`, async () => {
      const text = read(`test/fixtures/pages/${name}.md`);
      const { differences } = await carryOut(stepsOf(text, read), machines);
      const [, words = 'no first line'] = /^Expected: (.*)$/m.exec(text) ?? [];
      assert.deepEqual(
        differences.map(({ line, message }) => `${line}: ${message}`.includes(words)),
        [true],
        JSON.stringify(differences),
      );
    });
  }

  test('a page without a problem is accepted', { skip: DOCS_PAGE !== undefined }, async () => {
    const { differences, notRun } = await carryOut(stepsOf(read('test/fixtures/pages/good.md'), read), machines);
    assert.deepEqual(differences, []);
    assert.deepEqual(notRun.length, 2);
  });
});

function update(page: string, differences: readonly Difference[]): void {
  const lines = read(page).split('\n');
  for (const { command, printed } of [...differences].reverse()) {
    if (command === undefined || printed === undefined) continue;
    const at = command.line - 1 + command.command.split('\n').length;
    lines.splice(
      at,
      command.output.length,
      ...printed
        .trimEnd()
        .split('\n')
        .filter((line, _index, all) => all.length > 1 || line !== ''),
    );
  }
  writeFileSync(path.join(repository, page), lines.join('\n'));
}
