import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { policyOf } from '../../src/job/policy.ts';
import { type Outcome, outcomeWords } from '../../src/run/outcome.ts';
import { exitOutcome, OutputRules } from '../../src/run/verdict.ts';
import type { LineSearch } from '../../src/system/system.ts';

type Written = Parameters<typeof policyOf>[0];

const plain: LineSearch = {
  find(source, lines) {
    const line = lines.find((one) => new RegExp(source).test(one));
    return line === undefined ? { is: 'nowhere' } : { is: 'found', line };
  },
};

const success: Outcome = { kind: 'exited', code: 0 };

function judged(
  written: Written,
  output: { out?: readonly string[]; err?: readonly string[] },
  durationMs = 5000,
): string {
  const rules = new OutputRules(policyOf(written), plain);
  rules.begin();
  if (output.out) rules.take('stdout', () => output.out ?? []);
  if (output.err) rules.take('stderr', () => output.err ?? []);
  return outcomeWords(rules.judge(success, durationMs));
}

test('exit codes are success as the job says', () => {
  const policy = policyOf({ success_exit_codes: [0, 3] });
  assert.deepEqual(exitOutcome(0, policy), { kind: 'exited', code: 0 });
  assert.deepEqual(exitOutcome(3, policy), { kind: 'exited', code: 3, accepted: true });
  assert.deepEqual(exitOutcome(1, policy), { kind: 'exited', code: 1 });
  assert.deepEqual(exitOutcome(0, policyOf({ success_exit_codes: [1] })), { kind: 'exited', code: 0, accepted: false });
});

const quiet = {};
const rows: readonly [string, Written, Parameters<typeof judged>[1], string][] = [
  ['without rules all output is well', {}, { err: ['oh'] }, 'succeeded'],
  [
    'something on stderr',
    { fail_on_stderr: true },
    { err: ['oh', 'no'] },
    'failed by fail_on_stderr: it printed on stderr: "oh"',
  ],
  [
    'an empty line on stderr too',
    { fail_on_stderr: true },
    { err: [''] },
    'failed by fail_on_stderr: it printed on stderr: ""',
  ],
  ['stdout is not stderr', { fail_on_stderr: true }, { out: ['oh'] }, 'succeeded'],
  [
    'a forbidden line',
    { fail_on_output: '^ERROR' },
    { out: ['fine', 'ERROR: 5'] },
    'failed by fail_on_output: its output has a line that matches ^ERROR: "ERROR: 5"',
  ],
  [
    'a forbidden line on stderr',
    { fail_on_output: 'bad' },
    { err: ['bad'] },
    'failed by fail_on_output: its output has a line that matches bad: "bad"',
  ],
  ['a line is looked at for itself', { fail_on_output: 'a\\s+b' }, { out: ['a', 'b'] }, 'succeeded'],
  ['a required line that is there', { require_output: 'done$' }, { out: ['all done', 'bye'] }, 'succeeded'],
  [
    'a required line that is not',
    { require_output: 'done$' },
    quiet,
    'failed by require_output: its output has no line that matches done$',
  ],
  ['too quick', { min_duration: '10s' }, quiet, 'failed by min_duration: it ended after 5 s, sooner than 10 s'],
  ['long enough', { min_duration: '5s' }, quiet, 'succeeded'],
];

for (const [title, written, output, expected] of rows) {
  test(`judging output: ${title}`, () => assert.equal(judged(written, output), expected));
}

test('an attempt that failed anyway keeps its own outcome', () => {
  const rules = new OutputRules(policyOf({ require_output: 'x', min_duration: '1h' }), plain);
  assert.deepEqual(rules.judge({ kind: 'exited', code: 4 }, 0), { kind: 'exited', code: 4 });
});

test('each attempt is judged by its own output', () => {
  const rules = new OutputRules(policyOf({ fail_on_stderr: true, require_output: 'done' }), plain);
  rules.begin();
  rules.take('stderr', () => ['done']);
  assert.equal(rules.judge(success, 0).kind, 'broke-rule');
  rules.begin();
  assert.match(outcomeWords(rules.judge(success, 0)), /require_output/);
});

test('an expression that takes too long is a failure that says so, and is not tried on the rest', () => {
  let searches = 0;
  const slow: LineSearch = {
    find() {
      searches += 1;
      return { is: 'too-slow' };
    },
  };
  const rules = new OutputRules(policyOf({ fail_on_output: '(a+)+b' }), slow);
  rules.begin();
  for (let i = 0; i < 10; i += 1) rules.take('stdout', () => ['a'.repeat(300_000)]);
  const words =
    'failed by fail_on_output: its output could not be searched for (a+)+b, which takes too long: make the expression simpler';
  assert.equal(outcomeWords(rules.judge(success, 0)), words);
  assert.equal(searches, 1);
});

test('a quoted line is short, whatever the job printed', () => {
  const words = judged({ fail_on_stderr: true }, { err: ['x'.repeat(60_000)] });
  assert.ok(words.length < 300, words);
});

test('a line is found wherever it stands, however the output came in pieces', () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.integer({ min: 1, max: 700 }), (at, piece) => {
      const lines = Array.from({ length: 3001 }, (_, i) => (i === at ? 'the one' : `line ${i} ${'.'.repeat(200)}`));
      const rules = new OutputRules(policyOf({ require_output: '^the one$', fail_on_output: '^the other$' }), plain);
      rules.begin();
      for (let i = 0; i < lines.length; i += piece) rules.take('stdout', () => lines.slice(i, i + piece));
      assert.deepEqual(rules.judge(success, 0), success);
    }),
    { numRuns: 30 },
  );
});
