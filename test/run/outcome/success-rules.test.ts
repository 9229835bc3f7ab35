import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { policyOf } from '../../../src/job/keys/policy.ts';
import { type Outcome, outcomeWords } from '../../../src/run/outcome/outcome.ts';
import { ShownLines } from '../../../src/run/outcome/shown-lines.ts';
import { exitOutcome, SuccessRules } from '../../../src/run/outcome/success-rules.ts';
import type { LineSearch } from '../../../src/system/types/run-log.ts';

type Written = Parameters<typeof policyOf>[0];

const plain: LineSearch = {
  find(source, lines) {
    const line = lines.find((one) => new RegExp(source).test(one));
    return line === undefined ? { is: 'nowhere' } : { is: 'found', line };
  },
};

const success: Outcome = { kind: 'exited', code: 0 };

function printed(lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''));
}

function judged(
  written: Written,
  output: { out?: readonly string[]; err?: readonly string[] },
  durationMs = 5000,
): string {
  const rules = new SuccessRules(policyOf(written), plain);
  rules.begin();
  if (output.out) rules.take('stdout', printed(output.out));
  if (output.err) rules.take('stderr', printed(output.err));
  return outcomeWords(rules.judge(success, durationMs));
}

test('success_exit_codes decides which exit codes are a success', () => {
  const policy = policyOf({ success_exit_codes: [0, 3] });
  assert.deepEqual(exitOutcome(0, policy), { kind: 'exited', code: 0 });
  assert.deepEqual(exitOutcome(3, policy), { kind: 'exited', code: 3, accepted: true });
  assert.deepEqual(exitOutcome(1, policy), { kind: 'exited', code: 1 });
  assert.deepEqual(exitOutcome(0, policyOf({ success_exit_codes: [1] })), { kind: 'exited', code: 0, accepted: false });
});

const quiet = {};
const rows: readonly [string, Written, Parameters<typeof judged>[1], string][] = [
  ['without rules all output is allowed', {}, { err: ['oh'] }, 'succeeded'],
  [
    'something on stderr',
    { fail_on_stderr: true },
    { err: ['oh', 'no'] },
    'failed by fail_on_stderr: it printed on stderr',
  ],
  [
    'an empty line on stderr too',
    { fail_on_stderr: true },
    { err: [''] },
    'failed by fail_on_stderr: it printed on stderr',
  ],
  ['stdout is not stderr', { fail_on_stderr: true }, { out: ['oh'] }, 'succeeded'],
  [
    'a forbidden line',
    { fail_on_output: '^ERROR' },
    { out: ['fine', 'ERROR: 5'] },
    'failed by fail_on_output: a line of its output matches',
  ],
  [
    'a forbidden line on stderr',
    { fail_on_output: 'bad' },
    { err: ['bad'] },
    'failed by fail_on_output: a line of its output matches',
  ],
  ['each line is searched by itself', { fail_on_output: 'a\\s+b' }, { out: ['a', 'b'] }, 'succeeded'],
  ['a required line that is printed', { require_output: 'done$' }, { out: ['all done', 'bye'] }, 'succeeded'],
  [
    'a required line that is not',
    { require_output: 'done$' },
    quiet,
    'failed by require_output: no line of its output matches',
  ],
  ['too quick', { min_duration: '10s' }, quiet, 'failed by min_duration: it ended after 5 s, sooner than 10 s'],
  ['long enough', { min_duration: '5s' }, quiet, 'succeeded'],
];

for (const [title, written, output, expected] of rows) {
  test(`judging output: ${title}`, () => assert.equal(judged(written, output), expected));
}

test('an attempt that failed by its exit code keeps that outcome', () => {
  const rules = new SuccessRules(policyOf({ require_output: 'x', min_duration: '1h' }), plain);
  assert.deepEqual(rules.judge({ kind: 'exited', code: 4 }, 0), { kind: 'exited', code: 4 });
});

test('each attempt is judged by its own output', () => {
  const rules = new SuccessRules(policyOf({ fail_on_stderr: true, require_output: 'done' }), plain);
  rules.begin();
  rules.take('stderr', printed(['done']));
  assert.equal(rules.judge(success, 0).kind, 'broke-rule');
  rules.begin();
  assert.match(outcomeWords(rules.judge(success, 0)), /require_output/);
});

test('an expression that takes too long fails the attempt, and the rest is not searched with it', () => {
  let searches = 0;
  const slow: LineSearch = {
    find() {
      searches += 1;
      return { is: 'too-slow' };
    },
  };
  const rules = new SuccessRules(policyOf({ fail_on_output: '(a+)+b' }), slow);
  rules.begin();
  for (let i = 0; i < 10; i += 1) rules.take('stdout', printed(['a'.repeat(300_000)]));
  const words = 'failed by fail_on_output: its output could not be searched in time: make its expression simpler';
  assert.equal(outcomeWords(rules.judge(success, 0)), words);
  assert.equal(searches, 1);
});

test('the outcome is short, whatever the job printed', () => {
  const words = judged({ fail_on_stderr: true }, { err: ['x'.repeat(60_000)] });
  assert.ok(words.length < 300, words);
});

test('a line is found anywhere in the output, however the output is split into reads', () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.integer({ min: 1, max: 700 }), (at, piece) => {
      const lines = Array.from({ length: 3001 }, (_, i) => (i === at ? 'the one' : `line ${i} ${'.'.repeat(200)}`));
      const rules = new SuccessRules(policyOf({ require_output: '^the one$', fail_on_output: '^the other$' }), plain);
      rules.begin();
      for (let i = 0; i < lines.length; i += piece) rules.take('stdout', printed(lines.slice(i, i + piece)));
      assert.deepEqual(rules.judge(success, 0), success);
    }),
    { numRuns: 30 },
  );
});

describe('a rule sees a line as a terminal shows it', () => {
  const esc = '\x1b';
  const far = 65_536;
  /** [title, output, the text that an expression must match as a whole line]. */
  const printings: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['LF', 'loading\nFATAL no space\nbye\n', 'FATAL no space'],
    ['CRLF', 'loading\r\nFATAL no space\r\nbye\r\n', 'FATAL no space'],
    ['CR CR LF, as of a terminal in a terminal', 'FATAL no space\r\r\n', 'FATAL no space'],
    ['a lone CR before it', '10 percent\rFATAL no space\n', 'FATAL no space'],
    ['a lone CR behind it', 'FATAL no space\r100 percent\n', 'FATAL no space'],
    ['lone CRs and never a newline', '1 %\r2 %\rFATAL no space\r', 'FATAL no space'],
    ['no newline at the end', 'loading\nFATAL no space', 'FATAL no space'],
    ['CR and no newline at the end', 'loading\nFATAL no space\r', 'FATAL no space'],
    ['colours', `${esc}[1;31mFATAL${esc}[0m no ${esc}[38;2;1;2;3mspace${esc}[m\n`, 'FATAL no space'],
    ['a colour with colons', `${esc}[38:2::1:2:3mFATAL no space${esc}[0m\r\n`, 'FATAL no space'],
    ['colours in eight bits', '\x9b31mFATAL no space\x9b0m\n', 'FATAL no space'],
    ['a title, ended by BEL', `${esc}]0;a title\x07FATAL no space\n`, 'FATAL no space'],
    ['a link, ended by ST', `${esc}]8;;http://h/\x1b\\FATAL no space${esc}]8;;\x1b\\\n`, 'FATAL no space'],
    ['a title without an end', `${esc}]FATAL no space\n`, 'FATAL no space'],
    ['a line that is erased', `50 %${esc}[2K\rFATAL no space${esc}[K\n`, 'FATAL no space'],
    ['a jump to the first column', `50 %${esc}[1GFATAL no space${esc}[K\n`, 'FATAL no space'],
    ['a jump to a place', `${esc}[2J${esc}[HFATAL no space${esc}[5;1Hmore\n`, 'FATAL no space'],
    ['a cursor that is restored', `${esc}7x${esc}8FATAL no space\n`, 'FATAL no space'],
    ['a step to the right', `FATAL${esc}[Cno${esc}[1Cspace\n`, 'FATAL no space'],
    ['a character set', `${esc}(BFATAL no space\x0f\n`, 'FATAL no space'],
    ['an escape that breaks off', `FATAL no space${esc}[3\n`, 'FATAL no space'],
    ['a spinner', '|\b/\b-\b\\\bFATAL no space\n', 'FATAL no space'],
    ['percents with backspaces', '10%\b\b\b20%\b\b\bFATAL no space\n', 'FATAL no space'],
    ['something that backspaces hide', 'FATAL no space\b\b\b\b\b\b\b\b\b\b\b\b\b\bok            \n', 'FATAL no space'],
    ['overstrike of a man page', 'F\bFA\bAT\bTA\bAL\bL n\bno\bo space\n', 'FATAL no space'],
    ['underlines of a man page', '_\bF_\bA_\bT_\bA_\bL no space\n', 'FATAL no space'],
    ['a form feed', '\fFATAL no space\n', 'FATAL no space'],
    ['NUL bytes', '\0FATAL\0 no space\0\n', 'FATAL no space'],
    ['a byte order mark', '\ufeffFATAL no space\n', 'FATAL no space'],
    ['a bell', 'FATAL no space\x07\n', 'FATAL no space'],
    [
      'bytes that are no UTF-8 in the lines around',
      Buffer.from('\xff\xc3\nFATAL no space\n\xe9', 'latin1'),
      'FATAL no space',
    ],
    ['a byte that is no UTF-8 in it', Buffer.from('caf\xe9 FATAL\n', 'latin1'), 'caf\ufffd FATAL'],
    ['letters of several bytes', 'F\u00c4TAL \u{1f4a5} no sp\u00e4ce\n', 'F\u00c4TAL \u{1f4a5} no sp\u00e4ce'],
    ['a line longer than a piece of the log', `${'x'.repeat(far - 4)}FATAL\n`, `${'x'.repeat(far - 4)}FATAL`],
    ['a match far behind the first piece', `a${'x'.repeat(3 * far)}b\n`, `a${'x'.repeat(3 * far)}b`],
    ['an empty line', 'a\n\r\nb\n', ''],
  ];
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  /**
   * Returns the expression for a text. Long runs of x are counted, since an expression may not be
   * that long.
   */
  const asExpression = (text: string) => `^${escaped(text).replace(/x{9,}/g, ({ length }) => `x{${length}}`)}$`;
  const streams = ['stdout', 'stderr'] as const;

  for (const [title, text, line] of printings) {
    for (const stream of streams) {
      test(`${title}, on ${stream}, in pieces of any size`, () => {
        const bytes = Buffer.from(text);
        const sizes = bytes.length < 1000 ? [1, 2, 3, 7, 1000] : [4096, 65_536];
        for (const size of sizes) {
          const outcome = (written: Written): string => {
            const rules = new SuccessRules(policyOf(written), plain);
            rules.begin();
            for (let at = 0; at < bytes.length; at += size) rules.take(stream, bytes.subarray(at, at + size));
            rules.end(stream);
            return outcomeWords(rules.judge(success, 5000));
          };
          const expression = asExpression(line);
          assert.match(outcome({ fail_on_output: expression }), /^failed by fail_on_output/, `${size}`);
          assert.equal(outcome({ require_output: expression }), 'succeeded', `${size}`);
          const onStderr = outcome({ fail_on_stderr: true });
          assert.equal(onStderr.startsWith('failed by fail_on_stderr'), stream === 'stderr');
        }
      });
    }
  }

  test('text for the terminal itself and lines that are not printed are not found', () => {
    const rows: readonly (readonly [string, string])[] = [
      [`${esc}]0;FATAL\x07fine\n`, 'FATAL'],
      ['a\r\nb\r\n', '^$'],
      ['a\r', '^$'],
      ['a\r\rb\n', '^$'],
      ['one\ntwo\n', 'one.?two'],
    ];
    for (const [text, expression] of rows) {
      for (const size of [1, 1000]) {
        const rules = new SuccessRules(policyOf({ fail_on_output: expression }), plain);
        rules.begin();
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += size) rules.take('stdout', bytes.subarray(at, at + size));
        rules.end('stdout');
        assert.equal(outcomeWords(rules.judge(success, 5000)), 'succeeded', JSON.stringify(text));
      }
    }
  });

  test('an unfinished line of one command is not joined with the output of the next', () => {
    const rules = new SuccessRules(policyOf({ require_output: '^done$' }), plain);
    rules.begin();
    rules.take('stdout', Buffer.from('half a line'));
    rules.end('stdout');
    rules.take('stdout', Buffer.from('done'));
    rules.end('stdout');
    assert.equal(outcomeWords(rules.judge(success, 5000)), 'succeeded');
  });

  test('output on stderr breaks the rule even if the first line shows nothing', () => {
    const rules = new SuccessRules(policyOf({ fail_on_stderr: true }), plain);
    rules.begin();
    rules.take('stderr', Buffer.from(`${esc}[0m\n${esc}[31mno space${esc}[0m\r\n`));
    assert.match(outcomeWords(rules.judge(success, 5000)), /it printed on stderr$/);
  });

  test('an endless line needs little memory, and a match across its pieces is found', () => {
    const rules = new SuccessRules(policyOf({ fail_on_output: 'needle' }), plain);
    rules.begin();
    const hay = Buffer.from('-'.repeat((1 << 20) - 3));
    for (const piece of [hay, Buffer.from('needle'), hay, hay, hay]) rules.take('stdout', piece);
    rules.end('stdout');
    assert.match(outcomeWords(rules.judge(success, 5000)), /a line of its output matches/);
  });
});

test('the same lines are seen however the output is split into reads', () => {
  const part = fc.oneof(
    fc.constantFrom(
      '\r',
      '\n',
      '\r\n',
      '\b',
      '\b\b',
      '\x1b[31m',
      '\x1b]0;t\x07',
      '\x1b[2K',
      '\x1b[G',
      '\u00e4',
      'ab',
      '',
      '\0',
    ),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.integer({ min: 1, max: 9 }), (parts, size) => {
      const bytes = Buffer.from(parts.join(''));
      const whole = new ShownLines();
      const expected = [...whole.take(bytes), ...whole.end()];
      const cut = new ShownLines();
      const seen: string[] = [];
      for (let at = 0; at < bytes.length; at += size) seen.push(...cut.take(bytes.subarray(at, at + size)));
      seen.push(...cut.end());
      assert.deepEqual(seen, expected);
    }),
    { numRuns: 2000 },
  );
});
