/**
 * Each directory of test/fixtures/jobs has a job file and the problems that are expected; a new
 * case needs no code.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { validateJobText } from '../../src/job/load.ts';
import { formatProblem } from '../../src/text/problem.ts';
import { checkSchedule } from './schedule-check.ts';

const fixtures = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../test/fixtures/jobs');

for (const name of readdirSync(fixtures)) {
  test(`problems of a job file: ${name.replaceAll('-', ' ')}`, () => {
    const bytes = readFileSync(path.join(fixtures, name, 'job.yaml'));
    const expected = path.join(fixtures, name, 'expected.txt');
    const result = validateJobText({ file: 'job.yaml', bytes }, {}, { checkSchedule });
    const problems = result.ok ? result.warnings : result.problems;
    const said = [result.ok ? 'usable' : 'refused', ...problems.map(formatProblem), ''].join('\n');
    // UPDATE_FIXTURES=1 npm test writes the expected files; read the difference before you commit
    // it.
    if (process.env.UPDATE_FIXTURES) writeFileSync(expected, said);
    assert.equal(said, readFileSync(expected, 'utf8'));
  });
}
