import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCrontab } from '../../src/crontab/reader.ts';
import { compileTemplate, type EntryValues } from '../../src/crontab/template.ts';

const values: EntryValues = {
  source: '/var/lib/process-control/backup.yaml',
  schedule: '5 0 * * *',
  user: 'svc',
  command: '/usr/bin/run-job --job backup',
  slug: 'backup',
  name: 'Nightly backup',
};

function expanded(text: string, changes: Partial<EntryValues> = {}): string {
  const answer = compileTemplate(text);
  if ('refused' in answer) return `template: ${answer.refused}`;
  const result = answer.template.expand({ ...values, ...changes });
  return 'refused' in result ? `job: ${result.refused}` : result.text;
}

const defaultTemplate = '# Generated from {source}\n{schedule} {user} {command}\n';
const line = '5 0 * * * svc /usr/bin/run-job --job backup\n';

test('the default template gives the same lines as the predecessor', () => {
  assert.equal(expanded(defaultTemplate), `# Generated from /var/lib/process-control/backup.yaml\n${line}`);
});

test('a template without a newline at its end gets one', () => {
  assert.equal(expanded('{schedule} {user} {command}'), line);
});

test('a template may have all values, doubled braces and other text', () => {
  const template =
    '# {slug}: {name} {{literally}}\n\nMAILTO=ops\n{schedule} {user} test -x /x && {command} >/dev/null 2>&1\n';
  assert.equal(
    expanded(template),
    '# backup: Nightly backup {literally}\n\nMAILTO=ops\n5 0 * * * svc test -x /x && /usr/bin/run-job --job backup >/dev/null 2>&1\n',
  );
});

/** [template, reason of the refusal] */
const refusals: readonly (readonly [string, RegExp])[] = [
  ['', /one line with/],
  ['# only {command}\n', /one line with/],
  [`${defaultTemplate}{schedule} {user} {command}\n`, /one line with/],
  [`* * * * * root /bin/evil\n${defaultTemplate}`, /one line with/],
  ['{schedule} {user} {comand}\n', /\{comand\} is not known/],
  ['{schedule} {user} {command!s}\n', /not known/],
  ['{schedule} {user} {command} }\n', /doubled/],
  ['{schedule} {user} {command} {}\n', /doubled/],
  ['{schedule} {user} {command\n', /doubled/],
  ['{schedule} {user} {command} {name}\n', /comment lines only/],
  ['{schedule} {user} {command} # {name}\n', /comment lines only/],
  ['{schedule} {command}\n', /not a user name|must be/],
  ['{user} {schedule} {command}\n', /line 1/],
  ['{schedule} {user} echo hello\n', /must be/],
  ['{schedule} {user} {command}x\n', /must be/],
  ['{schedule} {user} /{command}\n', /must be/],
  ['{schedule} {user} {command}; {command}\n', /must be/],
  ['0 0 * * * {user} {command}\n', /must be/],
  ['{schedule} root {command}\n', /must be/],
  ['{schedule} {user} {command} %in\n', /line 1: % ends/],
  ['{schedule} {user} {command} \\\n', /line 1/],
  ['{schedule} {user} {command} \u00e4\n', /line 1/],
  ['{schedule} {user} {command}\r\n', /line 1/],
  [`{schedule} {user} {command} ${'x'.repeat(900)}\n`, /more than 900/],
  ['MAILTO=\n{schedule} {user} {command}\n', /line 1: the value of MAILTO/],
  ['CRON_TZ=UTC\n{schedule} {user} {command}\n', /line 1/],
  ['PROCESS_CONTROL_TRIGGER=\n{schedule} {user} {command}\n', /line 1/],
  ['PROCESS_CONTROL_TRIGGER=person\n{schedule} {user} {command}\n', /set by the header/],
  [`${'# x\n'.repeat(10)}{schedule} {user} {command}\n`, /more than 10 lines/],
];

for (const [template, reason] of refusals) {
  test(`the template ${JSON.stringify(template.slice(0, 70))} is refused`, () => {
    const text = expanded(template);
    assert.match(text, /^template: /);
    assert.match(text, reason);
  });
}

test('a name with line breaks and control characters stays one comment', () => {
  const text = expanded('# {name}\n{schedule} {user} {command}\n', {
    name: 'a\n* * * * * root rm -rf /\r\u2028\u001b[2Jb',
  });
  assert.equal(text, `# a\\u000a* * * * * root rm -rf /\\u000d\\u2028\\u001b[2Jb\n${line}`);
});

test('a long name is cut to a length that both daemons read', () => {
  for (const name of ['x'.repeat(5000), '\u{1f600}'.repeat(5000)]) {
    const text = expanded('# {name}\n{schedule} {user} {command}\n', { name });
    assert.ok(Buffer.byteLength(text) < 1200, String(text.length));
    assert.deepEqual(readCrontab(text).problems, []);
  }
});

test('a job whose line would be too long is refused, not cut', () => {
  const template = `{schedule} {user} {command} ${'x'.repeat(800)}\n`;
  assert.match(expanded(template), /^5 0/);
  assert.match(
    expanded(template, { slug: 'y'.repeat(90), command: `/usr/bin/run-job --job ${'y'.repeat(90)}` }),
    /^job: .*900/,
  );
});

test('no value can add a line, a field or a command', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(
      'a',
      ' ',
      '\n',
      '\r',
      '%',
      '\\',
      '"',
      "'",
      ';',
      '&',
      '|',
      '$',
      '`',
      '#',
      '*',
      '{',
      '}',
      '/',
      '\0',
      '\u00e4',
    ),
  });
  const key = fc.constantFrom('source', 'schedule', 'slug', 'name', 'command');
  fc.assert(
    fc.property(key, hostile, (changed, value) => {
      const text = expanded('# {name} {source} {slug}\n{schedule} {user} {command} --from {slug} {source}\n', {
        [changed]: value,
      });
      if (text.startsWith('job: ')) return;
      const { lines, problems } = readCrontab(text);
      if (changed === 'source' || changed === 'command' || changed === 'slug') assert.match(value, /^[a /]+$/);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        lines.map((read) => read.is),
        ['comment', 'entry'],
      );
    }),
    { numRuns: 2000 },
  );
});
