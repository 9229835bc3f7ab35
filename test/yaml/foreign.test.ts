import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateJobText } from '../../src/job/load.ts';

const start = 'name: x\ncommand: /bin/true\n';

function said(text: string): readonly string[] {
  const result = validateJobText({ file: 'x.yaml', bytes: Buffer.from(text) }, {});
  const problems = result.ok ? result.warnings : result.problems.filter(({ severity }) => severity === 'error');
  return problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

const template =
  'this is a template that was not filled in: render it first; where the braces are meant, put the whole value in quotes';

for (const [text, place] of [
  [`${start}schedule: {{ cron }}\n`, '3:11'],
  [`${start}schedule: {{cron}}\n`, '3:11'],
  [`${start}schedule: {{ minute }} 3 * * *\n`, '3:11'],
  ['name: x\ncommand:\n  - {{ program }} --all\n', '3:5'],
  ['name: {{ name }}\ncommand: /bin/true\n', '1:7'],
  [`${start}{% if nightly %}\nschedule: 0 3 * * *\n{% endif %}\n`, '3:1'],
  [`${start}{# a comment #}\n`, '3:1'],
] as const) {
  test(`${JSON.stringify(text)} is a template that was not filled in`, () => {
    assert.deepEqual(said(text), [`${place} ${template}`]);
  });
}

test('braces inside a text are part of the text', () => {
  assert.deepEqual(said('name: x\ncommand: /usr/bin/docker ps --format {{.Names}}\n'), []);
  assert.match(said('name: x\ncommand: "{{ program }}"\n').join(), /^2:10 .* is passed on as it is/);
});

test('a systemd unit is recognised, also if it was pasted into a job file', () => {
  const [whole, ...more] = said('# copied\n[Unit]\nDescription=x\n\n[Service]\nExecStart=/bin/true\n');
  assert.match(whole ?? '', /this begins with a section of a systemd unit; a job file has the command of ExecStart=/);
  assert.deepEqual(more, []);
  for (const section of ['Unit', 'Service', 'Timer', 'Install']) {
    const [first] = said(`${start}[${section}]\nOnCalendar=daily\n`);
    assert.match(first ?? '', new RegExp(`^3:1 "\\[${section}\\]" is a section of a systemd unit`));
  }
  assert.deepEqual(said(`${start}description: |\n  [Unit]\n  is not here\n`), []);
});

for (const written of ['null', 'Null', 'NULL', '~'] as const) {
  test(`${written} as a variable is an error that says what to write`, () => {
    const words = `"FOO: ${written}" means no value in YAML: write "" for an empty text, or "${written}" with the quotes for this text`;
    assert.deepEqual(said(`${start}environment:\n  FOO: ${written}\n`), [`4:8 ${words}`]);
    assert.deepEqual(said(`${start}environment: {FOO: ${written}}\n`), [`3:20 ${words}`]);
    assert.deepEqual(said(`${start}environment: {FOO: "${written}", BAR: '${written}'}\n`), []);
  });

  test(`the message about ${written} as a schedule says that it is no value`, () => {
    const [only, ...more] = said(`${start}schedule: ${written}\n`);
    assert.equal(
      only,
      `3:11 "schedule" must be five terms in quotes, such as "30 2 * * *", found ${written}, which means no value in YAML`,
    );
    assert.deepEqual(more, []);
  });
}
