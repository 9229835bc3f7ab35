import assert from 'node:assert/strict';
import { test } from 'node:test';
import { header } from '../../src/crontab/header.ts';
import { readPresent } from '../../src/crontab/present.ts';

const values = { directory: '/jobs', home: '/', searchPath: '/usr/bin:/bin:/usr/sbin:/sbin', settings: [] };
const ours = header(values, 1, 'x');

function schedules(text: string): Record<string, string> {
  return Object.fromEntries([...readPresent([text]).content().lines].map(([slug, line]) => [slug, line.schedule]));
}

test('without a file the owner is nobody', () => {
  assert.equal(readPresent([]).owner, 'none');
});

test('our file is recognised by its first line alone', () => {
  assert.equal(readPresent([ours]).owner, 'us');
  assert.equal(readPresent([ours.slice(1)]).owner, 'foreign');
  assert.equal(readPresent([`\n${ours}`]).owner, 'foreign');
});

test('lines of all parts are read, and the first line of a job is used', () => {
  const first = `${ours}*/5 * * * * svc /usr/bin/run-job --job a\n1 2 3 4 5 svc /usr/bin/run-job --job a\n`;
  const second = `${header(values, 2, 'x')}0 5 * * * svc nice /opt/runner --job b.c --config /etc/x.yaml >/dev/null 2>&1\n`;
  const present = readPresent([first, second]);
  assert.deepEqual(
    [...present.content().lines],
    [
      ['a', { schedule: '*/5 * * * *', due: false }],
      ['b.c', { schedule: '0 5 * * *', due: false }],
    ],
  );
});

test('the comment above a line of another zone has the schedule of the job', () => {
  const text = `${ours}# a follows 30 2 * * 1 America/New_York\n0,30 * * * * svc /usr/bin/run-job --due --job a\n`;
  assert.deepEqual(readPresent([text]).content().lines.get('a'), {
    schedule: '0,30 * * * *',
    due: true,
    zoned: { schedule: '30 2 * * 1', timeZone: 'America/New_York' },
  });
});

test('the comment about another zone does not apply to an ordinary line', () => {
  const text = `${ours}# a follows 30 2 * * 1 America/New_York\n0 5 * * * svc /usr/bin/run-job --job a\n`;
  assert.deepEqual(readPresent([text]).content().lines.get('a'), { schedule: '0 5 * * *', due: false });
});

test('a line of ours that was broken by hand is not kept', () => {
  const lines = [
    '99 * * * * svc /usr/bin/run-job --job a',
    '# 0 5 * * * svc /usr/bin/run-job --job b',
    '0 5 * * * svc /usr/bin/run-job --job c%d',
  ];
  assert.deepEqual(schedules(`${ours}${lines.join('\n')}\n`), {});
});

test('the lines for services and for missed runs are recognised', () => {
  const present = readPresent([
    `${ours}@reboot svc /usr/bin/run-job --ensure\n*/5 * * * * svc /usr/bin/run-job --catch-up\n`,
  ]);
  assert.deepEqual(
    [present.content().ensure, present.content().catchUp, present.content().lines.size],
    [true, true, 0],
  );
});

test('a crontab of the predecessor is recognised by its content, and its lines are read', () => {
  const text = `# Generated from /var/lib/process-control/a.yaml
*/5 * * * * jenkins /usr/bin/run-job --job a
# Skipping disabled job b
# Generated from /var/lib/process-control/c.yaml
0/5 * * * * jenkins /usr/bin/run-job --job c
  0 6 * * * 1001 /usr/local/bin/run-job d.e >/dev/null 2>&1
0 7 * * * jenkins run-job /var/lib/process-control/f.yaml

`;
  const present = readPresent([text]);
  assert.equal(present.owner, 'predecessor');
  // A uid is no user to cron, so that line never ran.
  assert.deepEqual(schedules(text), { a: '*/5 * * * *', f: '0 7 * * *' });
  assert.equal(present.content().lines.get('a')?.due, false);
});

/** [text, owner] */
const owners: readonly (readonly [string, string])[] = [
  ['', 'predecessor'],
  ['\n\n', 'predecessor'],
  ['# Skipping disabled job a\n', 'predecessor'],
  ['# Generated from /jobs/a.yaml\n0 5 * * * svc /usr/bin/run-job --job a', 'predecessor'],
  ['# a comment of somebody\n', 'foreign'],
  ['0 5 * * * root /usr/bin/backup\n', 'foreign'],
  ['# Skipping disabled job a\n0 5 * * * root /usr/bin/backup\n', 'foreign'],
  ['0 5 * * * svc /usr/bin/run-job --job a\n0 5 * * * root /usr/bin/backup\n', 'foreign'],
  ['MAILTO=ops\n0 5 * * * svc /usr/bin/run-job --job a\n', 'foreign'],
  ['0 5 * * * svc /usr/bin/not-run-job --job a\n', 'foreign'],
  ['@daily svc /usr/bin/run-job --job a\n', 'foreign'],
];

for (const [text, owner] of owners) {
  test(`the owner of ${JSON.stringify(text.slice(0, 70))} is: ${owner}`, () => {
    assert.equal(readPresent([text]).owner, owner);
  });
}
