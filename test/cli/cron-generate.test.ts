import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { readCrontab } from '../../src/crontab/reader.ts';
import { cronGenerate, entries, notRoot, Scene } from './scene.ts';

function scene(t: TestContext, settings = ''): Scene {
  const made = new Scene(settings);
  t.after(() => made.end());
  return made;
}

const skip = notRoot;

test('the crontab has one line for each job that has a schedule', { skip }, (t) => {
  const s = scene(t);
  s.job('backup', '5  0 * *   1-5');
  s.job('audit', '*/5 * * * *');
  s.job('off', '1 1 1 1 *', 'disabled: true\n');
  s.file('manual', 'name: By hand\ncommand: /bin/true\nfailmail: {to_address: root}\n');
  writeFileSync(s.path('jobs/backup.yaml20261122-1'), 'not a job');
  const { status, stdout, stderr } = s.generate();
  assert.deepEqual([status, stdout], [0, '']);
  assert.equal(stderr, `cron-generate: ${s.crontab} changed: lines: 2 added (audit, backup)\n`);
  const config = s.path('config.yaml');
  assert.equal(
    s.text(),
    `# Written by cron-generate (process-control). Change the job files: changes made here are lost.
# Jobs of ${s.path('jobs')}
SHELL=/bin/sh
PATH=/usr/bin:/bin:/usr/sbin:/sbin
HOME=/
MAILTO=""
PROCESS_CONTROL_TRIGGER=cron

# Generated from ${s.path('jobs')}/audit.yaml
*/5 * * * * nobody ${cronGenerate.replace('cron-generate', 'run-job')} --job audit --config ${config}
# Generated from ${s.path('jobs')}/backup.yaml
5 0 * * 1-5 nobody ${cronGenerate.replace('cron-generate', 'run-job')} --job backup --config ${config}
# Skipping disabled job manual
# Skipping disabled job off
`,
  );
  assert.deepEqual([statSync(s.crontab).mode & 0o7777, statSync(s.crontab).uid], [0o644, 0]);
});

test('without a change nothing is written or printed, with and without the cache', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  // Two seconds after their last change files are taken from the cache.
  for (const name of ['jobs/a.yaml']) utimesSync(s.path(name), 1, 1);
  s.generate();
  const facts = () => JSON.stringify(statSync(s.crontab, { bigint: true }), (_, value) => String(value));
  const before = facts();
  for (const round of ['again', 'once more']) {
    const { status, stdout, stderr } = s.generate();
    assert.deepEqual([status, stdout, stderr], [0, '', ''], round);
    assert.equal(facts(), before);
  }
});

test('exit codes tell a configuration manager whether anything changed or failed', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  assert.equal(s.generate(['--check']).status, 2);
  assert.ok(!existsSync(s.crontab), '--check writes nothing');
  assert.equal(s.generate(['--detailed-exitcode']).status, 2);
  assert.equal(s.generate(['--detailed-exitcode']).status, 0);
  assert.equal(s.generate(['--check']).status, 0);
  s.job('b');
  assert.equal(s.generate(['--check', '--diff']).status, 2);
  assert.equal(s.generate(['--diff']).status, 0);
  s.file('c', 'name: C\n');
  assert.equal(s.generate(['--check']).status, 1, 'problems win over changes');
  assert.equal(s.generate(['--detailed-exitcode']).status, 1);
  assert.deepEqual(entries(s.text()).length, 2, 'the good jobs are written');
});

test('a bad job keeps its last good line and costs no other job its own', { skip }, (t) => {
  const s = scene(t);
  s.job('a', '1 1 * * *');
  s.job('b', '2 2 * * *');
  s.generate();
  s.file('a', 'name: A\ncommand: /bin/evil\nschedule: "3 3 * * * root sh"\n');
  s.job('b', '4 4 * * *');
  const { status, stderr } = s.generate();
  assert.equal(status, 1);
  assert.match(stderr, /jobs\/a\.yaml:3:\d+: .*schedule/);
  assert.match(s.text(), /# Last good line of a: \S+\/a\.yaml:3 has a problem.*\n# Generated.*\n1 1 \* \* \* nobody /);
  assert.match(s.text(), /\n4 4 \* \* \* nobody .* --job b /);
  const kept = s.text();
  assert.deepEqual([s.generate().status, s.text()], [1, kept], 'as long as it takes');
  s.job('a', '5 5 * * *');
  assert.equal(s.generate().status, 0);
  assert.doesNotMatch(s.text(), /Last good/);
  rmSync(s.path('jobs/a.yaml'));
  s.generate();
  assert.equal(entries(s.text()).length, 1, 'a job that is gone has no line');
});

test('on_invalid_job: abort writes nothing when any job has a problem', { skip }, (t) => {
  const s = scene(t, 'on_invalid_job: abort\n');
  s.job('a');
  s.file('b', 'name: B\n');
  const { status, stderr } = s.generate();
  assert.equal(status, 1);
  assert.match(stderr, /b\.yaml:1:1: .*command.*\n.*abort/);
  assert.ok(!existsSync(s.crontab));
});

test('all problems of all files are printed at once, with their places', { skip }, (t) => {
  const s = scene(t);
  s.file('a', 'name: A\ncommand: /bin/true\nschedul: "* * * * *"\ntimeout: soon\n');
  s.file('b', 'name: B\ncommand: [\n');
  s.file('not a slug', '');
  symlinkSync('/etc/passwd', s.path('jobs/link.yaml'));
  spawnSync('mkfifo', [s.path('jobs/fifo.yaml')]);
  const { status, stderr } = s.generate();
  assert.equal(status, 1);
  for (const pattern of [
    /a\.yaml:3:1: .*"schedul"/,
    /a\.yaml:4:10: .*"timeout"/,
    /b\.yaml:\d+:\d+: /,
    /not a slug\.yaml: /,
    /link\.yaml: /,
    /fifo\.yaml: /,
  ]) {
    assert.match(stderr, pattern);
  }
});

test('--json is one object that Salt understands, and nothing else is printed', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  s.file('b', 'name: B\n');
  const { status, stdout, stderr } = s.generate(['--json']);
  const { changed, comment, jobs, problems } = JSON.parse(stdout);
  assert.deepEqual([status, stderr, changed], [1, '', true]);
  assert.match(comment, /1 added \(a\)/);
  assert.deepEqual(jobs, [
    { slug: 'a', state: 'scheduled', schedule: '5 0 * * *' },
    { slug: 'b', state: 'left out' },
  ]);
  assert.deepEqual([problems[0].severity, problems[0].file], ['error', s.path('jobs/b.yaml')]);
  assert.equal(JSON.parse(s.generate(['--json']).stdout).changed, false);
  s.configure('user: nobody-of-that-name\n');
  const failed = s.generate(['--json']);
  assert.deepEqual([failed.status, JSON.parse(failed.stdout).changed], [78, false]);
});

test('--diff shows the lines that would change and writes nothing', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  s.generate();
  s.job('a', '7 7 * * *');
  const { stdout } = s.generate(['--diff']);
  assert.match(stdout, new RegExp(`^--- ${s.crontab}\tpresent\n\\+\\+\\+ ${s.crontab}\tnew\n@@`));
  assert.match(stdout, /\n-5 0 \* \* \* nobody .*\n\+7 7 \* \* \* nobody /);
  assert.doesNotMatch(stdout, /\x1b/);
  assert.match(s.text(), /\n5 0 /);
  writeFileSync(s.path('old'), s.text());
  const patched = spawnSync('patch', ['-s', '-o', '-', s.path('old')], { input: stdout, encoding: 'utf8' });
  s.generate();
  if (patched.error === undefined) assert.equal(patched.stdout, s.text(), 'patch(1) can apply it');
  assert.equal(s.generate(['--diff']).stdout, '');
});

test('at a terminal a diff has colours, unless NO_COLOR is set', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  const command = `${cronGenerate} --config ${s.path('config.yaml')} --diff`;
  const atTerminal = (more: Record<string, string>) =>
    spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env: { ...s.environment(), TERM: 'xterm', ...more },
    }).stdout;
  assert.match(atTerminal({}), /\x1b\[32m\+5 0 \* \* \*/);
  assert.doesNotMatch(atTerminal({ NO_COLOR: '1' }), /\x1b/);
  assert.doesNotMatch(atTerminal({ TERM: 'dumb' }), /\x1b/);
});

test('--plan shows which runs appear, vanish and move', { skip }, (t) => {
  const s = scene(t);
  s.job('gone');
  s.job('moved', '0 5 * * *');
  s.job('same', '0 9 * * *');
  s.generate();
  rmSync(s.path('jobs/gone.yaml'));
  s.job('moved', '30 5 * * *');
  s.job('new', '0 * * * *');
  const { status, stdout } = s.generate(['--plan']);
  assert.equal(status, 0);
  assert.match(stdout, /^gone: "5 0 \* \* \*" -> no line\n {2}next 7 days: 7 vanish: \d{4}-\d\d-\d\d 00:05:00/m);
  assert.match(stdout, /^moved: .*\n {2}next 7 days: 7 move: \S+ 05:00\S+ -> \S+ 05:30/m);
  assert.match(stdout, /^new: no line -> "0 \* \* \* \*"\n {2}next 7 days: 168 appear: /m);
  assert.doesNotMatch(stdout, /same/);
  const [gone] = JSON.parse(s.generate(['--plan', '--json']).stdout).plan;
  assert.deepEqual([gone.slug, gone.after, gone.windows[0].vanish.count], ['gone', null, 7]);
  assert.match(s.text(), /--job gone/, 'nothing is written');
});

test('--output - prints the whole crontab and leaves everything alone', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  const { status, stdout, stderr } = s.generate(['--output', '-']);
  assert.deepEqual([status, stderr, readCrontab(stdout).problems], [0, '', []]);
  assert.deepEqual(readdirSync(s.directory).sort(), ['config.yaml', 'jobs']);
  s.configure('output_crontab: console\n');
  assert.equal(s.generate().stdout, stdout, 'output_crontab: console does the same');
  assert.equal(s.generate(['--check']).status, 78, 'there is nothing to compare with');
});

test('--output FILE writes that file instead', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  assert.equal(s.generate(['--output', 'other']).status, 0);
  assert.equal(entries(s.text('other')).length, 1);
  assert.ok(!existsSync(s.crontab));
});

test('a name that cron would skip is refused', { skip }, (t) => {
  const s = scene(t);
  s.configure(`output_crontab: ${s.path('process.control')}\n`);
  const { status, stderr } = s.generate();
  assert.equal(status, 78);
  assert.match(stderr, /cron skips a file called "process\.control"/);
  assert.equal(s.generate(['--output', 'a~']).status, 78);
});

test('an unknown user, and a number that is no user, are refused; a uid becomes a name', { skip }, (t) => {
  const s = scene(t, 'user: 65534\n');
  s.job('a');
  assert.equal(s.generate().status, 0);
  assert.match(s.text(), /\n5 0 \* \* \* nobody /);
  const before = s.text();
  for (const user of ['nobody-of-that-name', '4123456']) {
    s.configure(`user: ${user}\n`);
    const { status, stderr } = s.generate();
    assert.equal(status, 78);
    assert.match(stderr, /config\.yaml:\d+:\d+: .*user/);
  }
  assert.equal(s.text(), before);
});

for (const [what, settings] of Object.entries({
  'a template without a line': 'cron_template: "# {slug}"\n',
  'a template that cron would misread': 'cron_template: "{schedule} {user} {command} 100%"\n',
  'a template with an unknown value': 'cron_template: "{schedule} {user} {comand}"\n',
  'a template with free text in its line': 'cron_template: "{schedule} {user} {command} {name}"\n',
  'a runner that sh would split': 'runner_path: "/usr/bin/run job"\n',
  'a runner that sh would expand': 'runner_path: "/usr/bin/$(reboot)"\n',
  'a runner that cron would cut': 'runner_path: "/usr/bin/run%job"\n',
})) {
  test(`${what} is refused and nothing is written`, { skip }, (t) => {
    const s = scene(t, settings);
    s.job('a');
    const { status, stderr } = s.generate();
    assert.equal(status, 78);
    assert.match(stderr, /config\.yaml: "(?:cron_template|runner_path)"/);
    assert.ok(!existsSync(s.crontab));
  });
}

test('what stands in the place of the crontab is not followed, not waited for and not lost', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  const obstacles: Record<string, () => void> = {
    symlink: () => symlinkSync(s.path('elsewhere'), s.crontab),
    fifo: () => spawnSync('mkfifo', [s.crontab]),
    directory: () => mkdirSync(s.crontab),
  };
  for (const [kind, put] of Object.entries(obstacles)) {
    put();
    for (const args of [[], ['--adopt'], ['--check'], ['--diff']]) {
      const { status, stderr } = s.generate(args);
      assert.equal(status, 78, kind);
      assert.match(stderr, new RegExp(`process-control is a ${kind}`));
    }
    rmSync(s.crontab, { recursive: true });
  }
  assert.ok(!existsSync(s.path('elsewhere')));
});

test("somebody else's crontab is replaced only with --adopt, however large it is", { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  for (const text of ['0 5 * * * root backup\n', '#'.repeat(17 * 1024 * 1024), '\0\xff\n']) {
    writeFileSync(s.crontab, text);
    assert.equal(s.generate().status, 78);
    assert.match(s.generate().stderr, /--adopt/);
    assert.equal(statSync(s.crontab).size, Buffer.byteLength(text));
    assert.equal(s.generate(['--adopt']).status, 0);
    assert.equal(entries(s.text()).length, 1);
  }
});

test("the predecessor's crontab is taken over, with the last good lines of jobs that have problems", { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  s.file('b', 'name: B\nschedule: "0 9 * * *"\n');
  writeFileSync(
    s.crontab,
    '# Generated from /x/b.yaml\n3 4 * * * jenkins /usr/bin/run-job --job b\n# Skipping disabled job c\n',
  );
  const { status, stderr } = s.generate();
  assert.equal(status, 1);
  assert.match(stderr, /b\.yaml/);
  assert.match(s.text(), /\n3 4 \* \* \* nobody \S+ --job b /);
});

test('the right text in a file that cron would not accept is written again', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  s.generate();
  const spoil: Record<string, () => void> = {
    'a mode': () => chmodSync(s.crontab, 0o666),
    'an owner': () => chownSync(s.crontab, 65534, 0),
    'a second link': () => assert.equal(spawnSync('ln', [s.crontab, s.path('saved')]).status, 0),
  };
  for (const [what, act] of Object.entries(spoil)) {
    act();
    assert.equal(s.generate(['--check']).status, 2, what);
    assert.equal(s.generate().status, 0);
    const { mode, uid, nlink } = statSync(s.crontab);
    assert.deepEqual([mode & 0o7777, uid, nlink], [0o644, 0, 1]);
  }
});

test('nobody but root can write the crontab, and is told so', { skip }, (t) => {
  const s = scene(t);
  s.job('a');
  const asNobody = (...args: string[]) =>
    spawnSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', cronGenerate, '--config', s.path('config.yaml'), ...args],
      {
        encoding: 'utf8',
        env: s.environment(),
      },
    );
  const { status, stderr } = asNobody();
  assert.deepEqual([status, stderr], [77, `cron-generate: ${s.directory}: permission denied\n`]);
  assert.equal(asNobody('--check').status, 2, 'but anybody may look');
  s.generate();
  assert.deepEqual([asNobody('--check').status, asNobody('--diff').stdout], [0, ''], "root's crontab counts");
  s.job('b');
  s.file('a', 'broken: true\n');
  const diff = asNobody('--diff').stdout;
  assert.match(diff, /^\+5 0 \* \* \* nobody .*--job b --config/m);
  assert.doesNotMatch(diff, /^-5 0 /m, 'its line is the last good one, for everybody as for root');
  assert.match(asNobody('--plan').stdout, /\bb\b/);
  assert.doesNotMatch(asNobody('--plan').stdout, /^a\b/m);
  chownSync(s.crontab, 65_533, 65_533);
  assert.equal(asNobody('--check').status, 1);
  assert.match(asNobody('--diff').stdout, /^-5 0 \* \* \* nobody .*--job a --config/m, "but not a third person's");
  chownSync(s.crontab, 0, 0);
  s.job('a');
  assert.equal(asNobody('--output', '-').status, 0);
});

test('--validate checks files of any name and standard input, without configuration or user, and touches nothing', {
  skip,
}, (t) => {
  const s = scene(t);
  s.configure('user: nobody-of-that-name\n');
  writeFileSync(
    s.path('good.yaml20261122-1'),
    'name: A\ncommand: /bin/true\nschedule: "* * * * *"\nfailmail: {to_address: root}\n',
  );
  writeFileSync(s.path('bad'), 'name: A\ncommand: /bin/true\nschedule: "0/5 * * * *"\n');
  const before = readdirSync(s.directory);
  assert.equal(s.generate(['--validate', 'good.yaml20261122-1']).status, 0);
  const { status, stdout, stderr } = s.generate(['--validate', 'good.yaml20261122-1', 'bad', 'none']);
  assert.deepEqual([status, stdout], [1, '']);
  assert.match(stderr, /^bad:3:12: .*\*\/5/m);
  assert.match(stderr, /^none: there is no such file$/m);
  assert.equal(s.generate(['--validate', '-'], readFileSync(s.path('bad'), 'utf8')).status, 1);
  assert.equal(s.generate(['--validate', '-'], readFileSync(s.path('good.yaml20261122-1'), 'utf8')).status, 0);
  assert.equal(s.generate(['--validate', '-'], 'x'.repeat(300_000)).status, 1);
  assert.equal(s.generate(['--validate', '/dev/zero', s.path('jobs')]).status, 1);
  const json = JSON.parse(s.generate(['--json', '--validate', 'bad']).stdout);
  assert.deepEqual([json.changed, json.problems.at(-1).line], [false, 3]);
  assert.deepEqual(readdirSync(s.directory), before);
});

/** [arguments, a part of the complaint] */
const misuses: readonly (readonly [readonly string[], RegExp])[] = [
  [['--chek'], /Unknown argument: chek/],
  [['jobs'], /Unknown argument: jobs/],
  [['--check=false'], /takes no value/],
  [['--check', 'false'], /takes no value/],
  [['--validate'], /at least one file/],
  [['--validate', 'x', '--check'], /mutually exclusive/],
  [['--validate=x'], /takes no value/],
  [['--output'], /Not enough arguments/],
  [['--output', ''], /name of a file/],
  [['--output', '-', '--check'], /not with -/],
];

for (const [args, complaint] of misuses) {
  test(`cron-generate ${args.join(' ')} is a usage error, and nothing is done`, { skip }, (t) => {
    const s = scene(t);
    s.job('a');
    const { status, stdout, stderr } = s.generate(args);
    assert.deepEqual([status, stdout], [64, '']);
    assert.match(stderr, complaint);
    assert.deepEqual(readdirSync(s.directory).sort(), ['config.yaml', 'jobs']);
  });
}

test('a reader that goes away is no error', { skip }, (t) => {
  const s = scene(t);
  for (let index = 0; index < 300; index += 1) s.job(`job${index}`);
  const script = '{ "$0" "$@"; echo "code $?" >&2; } | head -n 1';
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', script, cronGenerate, '--config', s.path('config.yaml'), '--output', '-'],
    {
      encoding: 'utf8',
      env: s.environment(),
    },
  );
  assert.match(stdout, /^# Written by cron-generate.*\n$/);
  assert.equal(stderr, 'code 0\n');
});

test('no job is ever run', { skip }, (t) => {
  const s = scene(t);
  s.file('a', `name: A\ncommand: /usr/bin/touch ${s.path('ran')}\nschedule: "* * * * *"\n`);
  for (const args of [[], ['--check'], ['--diff'], ['--plan'], ['--output', '-'], ['--validate', 'jobs/a.yaml']])
    s.generate(args);
  assert.ok(!existsSync(s.path('ran')));
});

test('run, state and output directories are neither read nor made', { skip }, (t) => {
  const s = scene(t);
  const names = ['run', 'state', 'log'];
  s.configure(
    `run_directory: ${s.path('run')}\nstate_directory: ${s.path('state')}\noutput_directory: ${s.path('log')}\n`,
  );
  s.job('a');
  s.generate();
  assert.deepEqual(
    names.filter((name) => existsSync(s.path(name))),
    [],
  );
});

test('more jobs than a file may have lines go into numbered files, and come back', { skip }, (t) => {
  const s = scene(t);
  for (let index = 0; index < 4600; index += 1) s.job(`job${index}`);
  assert.equal(s.generate().status, 0);
  assert.deepEqual(
    readdirSync(s.directory).filter((name) => name.startsWith('process')),
    ['process-control', 'process-control-2'],
  );
  const all = entries(s.text() + s.text('process-control-2'));
  assert.equal(new Set(all).size, 4600);
  assert.equal(s.generate(['--check']).status, 0);
  writeFileSync(s.path('process-control-3'), '# mine\n');
  s.file('job999', 'name: broken\n');
  s.generate();
  assert.match(s.text('process-control-2'), /# Last good line of job999/, 'a line of the second file is kept too');
  for (let index = 0; index < 200; index += 1) rmSync(s.path(`jobs/job${index}.yaml`));
  assert.equal(s.generate().status, 1);
  assert.deepEqual(
    readdirSync(s.directory).filter((name) => name.startsWith('process')),
    ['process-control', 'process-control-3'],
  );
});

test('many generators at once end with one whole crontab', { skip }, async (t) => {
  const s = scene(t);
  for (let index = 0; index < 50; index += 1) s.job(`job${index}`);
  const all = Array.from({ length: 6 }, () =>
    spawn(cronGenerate, ['--config', s.path('config.yaml')], { env: s.environment(), stdio: 'ignore' }),
  );
  const codes = await Promise.all(all.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  assert.deepEqual(new Set(codes), new Set([0]));
  assert.equal(entries(s.text()).length, 50);
  assert.deepEqual(
    readdirSync(s.directory).filter((name) => name.startsWith('.')),
    [],
  );
});

test('a schedule that a clock change of this host touches is a warning', { skip }, (t) => {
  const s = scene(t);
  s.job('a', '0,30 0-23 * * *');
  // A machine in Berlin, as far as /etc says.
  mkdirSync(s.path('zoneinfo/Europe'), { recursive: true });
  writeFileSync(s.path('zoneinfo/Europe/Berlin'), readFileSync('/usr/share/zoneinfo/Europe/Berlin'));
  mkdirSync(s.path('etc'));
  symlinkSync(s.path('zoneinfo/Europe/Berlin'), s.path('etc/localtime'));
  writeFileSync(s.path('etc/passwd'), readFileSync('/etc/passwd'));
  const script = `mount --bind ${s.path('etc')} /etc && exec ${cronGenerate} --config ${s.path('config.yaml')}`;
  const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], {
    encoding: 'utf8',
    env: s.environment(),
  });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /a\.yaml:3:\d+: warning: "schedule": .*comes twice in Europe\/Berlin/);
});
