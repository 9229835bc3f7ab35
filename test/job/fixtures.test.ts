/** Each directory of test/fixtures/jobs is a job file and what is said about it; adding a case needs no code. */
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
  test(`what is said about a job file: ${name.replaceAll('-', ' ')}`, () => {
    const bytes = readFileSync(path.join(fixtures, name, 'job.yaml'));
    const expected = path.join(fixtures, name, 'expected.txt');
    const result = validateJobText({ file: 'job.yaml', bytes }, {}, { checkSchedule });
    const problems = result.ok ? result.warnings : result.problems;
    const said = [result.ok ? 'usable' : 'refused', ...problems.map(formatProblem), ''].join('\n');
    // UPDATE_FIXTURES=1 npm test: read the difference before it is committed.
    if (process.env.UPDATE_FIXTURES) writeFileSync(expected, said);
    assert.equal(said, readFileSync(expected, 'utf8'));
  });
}
