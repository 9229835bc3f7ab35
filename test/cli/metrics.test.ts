/** `jobctl metrics` of a real house: what it says of each job, that its counters never fall, and how it writes its file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { nameOf, type Parsed, parsed, series } from '../report/metrics/parsed.ts';
import { House, isRoot, repository, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const hostile = ['a "quoted" tag', 'back\\slash', 'ends with \\', '{curly="x"}, # é ☃', '\\n'];
const job = (command: string, more = '') => `name: J\ncommand: ${command}\n${more}`;
const hourly = 'schedule: "0 * * * *"\n';
const jobs = {
  good: `name: ${JSON.stringify('A "name" \\ {x}')}\ncommand: "true"\n${hourly}tags: ${JSON.stringify(hostile)}\n`,
  'a.dotted_name-2': job('"true"', `${hourly}tags: [night]\n`),
  fails: job('sh -c "exit 3"', `${hourly}tags: [night]\n`),
  off: job('"true"', `${hourly}disabled: true\n`),
  held: job('"true"', hourly),
  'held-for-an-hour': job('"true"', hourly),
  plain: job('"true"'),
  broken: 'name: J\ncomand: "true"\n',
  web: 'name: W\nservice: true\ninstances: 2\ncommand: SERVES\nstop_timeout: 1\n',
};

const one = (name: string, job_name: string, labels = {}) => series(`processcontrol_${name}`, { job_name, ...labels });
const host = (name: string, labels = {}) => series(`processcontrol_${name}`, labels);

async function look(house: House, ...args: readonly string[]): Promise<Parsed> {
  const { code, stdout, stderr } = await house.run('jobctl', ['metrics', ...args]);
  assert.deepEqual([code, stderr], [0, '']);
  return parsed(stdout);
}

describe('jobctl metrics', () => {
  let house: ServiceHouse;
  before(async () => {
    // A file that is not there: cron reads that directory, so a cron that runs is ours.
    house = new ServiceHouse(jobs, { crontab: `/etc/cron.d/pc-test-metrics-${process.pid}` });
    for (const name of ['good', 'fails', 'fails']) await house.run('run-job', [name]);
    await house.run('jobctl', ['pause', 'held', '--reason', 'x']);
    await house.run('jobctl', ['pause', 'held-for-an-hour', '--for', '1h']);
    await house.run('jobctl', ['start', 'web']);
    await house.until('web', 'both instances', ({ state }) => state === 'UP');
  });
  after(() => house.end());

  test('promtool finds nothing to complain about', {
    skip: spawnSync('promtool', ['--version']).status === 0 ? false : 'needs promtool',
  }, async () => {
    const { stdout } = await house.run('jobctl', ['metrics']);
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: stdout, encoding: 'utf8' });
    assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, '', '']);
  });

  test('every job file is counted in one state', async () => {
    const { values } = await look(house);
    const count = (state: string) => values.get(host('jobs', { state }));
    assert.deepEqual(['enabled', 'disabled', 'paused', 'invalid'].map(count), [5, 1, 2, 1]);
  });

  test('any tag that a job file may have is read back', async () => {
    const { values } = await look(house);
    for (const tag of hostile) assert.equal(values.get(one('job_tag', 'good', { tag })), 1, tag);
    assert.equal(values.get(one('job_tag', 'plain', { tag: '' })), 1, 'a job without tags stays in a join');
  });

  test('all four outcomes of every job are there from the start, and what became of its runs', async () => {
    const { values } = await look(house);
    const counts = (name: string) =>
      ['success', 'failure', 'skipped', 'missed'].map((outcome) =>
        values.get(one('job_runs_total', name, { outcome })),
      );
    assert.deepEqual(counts('good'), [1, 0, 0, 0]);
    assert.deepEqual(counts('fails'), [0, 2, 0, 0]);
    assert.deepEqual(counts('a.dotted_name-2'), [0, 0, 0, 0]);
    assert.equal(values.get(one('job_consecutive_failures', 'fails')), 2);
    assert.equal(values.get(one('job_last_run_exit_code', 'fails')), 3);
    assert.equal(values.get(one('job_last_success_timestamp_seconds', 'fails')), 0);
    assert.equal(values.get(one('job_last_run_timestamp_seconds', 'a.dotted_name-2')), 0);
    assert.ok((values.get(one('job_last_success_timestamp_seconds', 'good')) ?? 0) > Date.now() / 1000 - 600);
  });

  test('only what is scheduled, on and not paused for good is due, and owes runs', async () => {
    const { values } = await look(house);
    const having = (name: string) => Object.keys(jobs).filter((slug) => values.has(one(name, slug)));
    const scheduled = ['good', 'a.dotted_name-2', 'fails'];
    assert.deepEqual(having('job_due_timestamp_seconds'), [...scheduled, 'held-for-an-hour']);
    assert.deepEqual(having('job_expected_since_timestamp_seconds'), scheduled);
    assert.deepEqual(having('job_period_seconds'), [...scheduled, 'held', 'held-for-an-hour']);
    assert.equal(values.get(one('job_period_seconds', 'good')), 3600);
    const due = values.get(one('job_due_timestamp_seconds', 'held-for-an-hour')) ?? 0;
    assert.ok(due * 1000 > Date.now() + 3_000_000 && due % 3600 === 0, `${due}`);
  });

  test('a service has instances, and no ticks and outcomes', async () => {
    const { values } = await look(house);
    assert.equal(values.get(one('service_instances_wanted', 'web')), 2);
    assert.equal(values.get(one('service_instances_up', 'web')), 2);
    for (const number of ['0', '1']) assert.equal(values.get(one('service_restarts_total', 'web', { number })), 0);
    const names = [...values.keys()].filter((key) => key.includes('"web"')).map(nameOf);
    assert.ok(!names.some((name) => /runs?_|due|period|failures|success/.test(name)), names.join(' '));
  });

  test('a job whose file breaks keeps its counters, and a service its instances', async () => {
    const [good, web] = ['good', 'web'].map((slug) => readFileSync(house.path(`jobs/${slug}.yaml`), 'utf8'));
    house.job('good', `${good}comand: x\n`);
    house.job('web', `${web}comand: x\n`);
    try {
      const { values } = await look(house);
      assert.equal(values.get(one('job_runs_total', 'good', { outcome: 'success' })), 1);
      assert.equal(values.get(one('service_instances_up', 'web')), 2);
      assert.equal(values.get(one('service_instances_wanted', 'web')), 2);
      for (const name of ['job_due_timestamp_seconds', 'job_enabled']) assert.ok(!values.has(one(name, 'good')), name);
      assert.equal(values.get(host('jobs', { state: 'invalid' })), 3);
    } finally {
      house.job('good', good ?? '');
      house.job('web', web ?? '');
    }
  });

  test('--detail alerts has every series that a shipped rule asks for, and little more', async () => {
    const rules = readFileSync(path.join(repository, 'examples/prometheus/process-control.rules.yaml'), 'utf8');
    const asked = new Set([...rules.matchAll(/processcontrol_\w+/g)].map(([name]) => name));
    assert.ok(asked.size > 10);
    const { values } = await look(house, '--detail', 'alerts');
    const there = new Set([...values.keys()].map(nameOf));
    assert.deepEqual(
      [...asked].filter((name) => !there.has(name)),
      [],
    );
    const others = ['build_info', 'snapshot_duration_seconds', 'jobs'].map((name) => `processcontrol_${name}`);
    assert.deepEqual(
      [...there].filter((name) => !asked.has(name) && !others.includes(name)),
      [],
    );
    const wrong = await house.run('jobctl', ['metrics', '--detail', 'some']);
    assert.deepEqual([wrong.code, wrong.stderr], [64, 'jobctl: --detail is all or alerts, found "some"\n']);
  });

  test('the page on monitoring has each metric, and no other', async () => {
    const page = readFileSync(path.join(repository, 'docs/how-to/monitoring.md'), 'utf8');
    const { types } = await look(house);
    assert.deepEqual(
      [...page.matchAll(/^\| `(processcontrol_\w+)` /gm)].map(([, name]) => name),
      [...types.keys()],
    );
  });

  test('--tag leaves out the other jobs, and nothing that is said of the host', async () => {
    const [all, some] = [await look(house), await look(house, '--tag', 'night')];
    const named = (seen: Parsed) => [...seen.values.keys()].filter((key) => key.includes('"job_name"'));
    const isTagged = (key: string) => /"(?:fails|a\.dotted_name-2)"/.test(key);
    assert.deepEqual(named(some), named(all).filter(isTagged));
    const ofHost = (seen: Parsed) => [...seen.values.keys()].filter((key) => !key.includes('"job_name"'));
    assert.deepEqual(ofHost(some), ofHost(all));
    assert.equal(some.values.get(host('jobs', { state: 'invalid' })), 1);
    const none = await house.run('jobctl', ['metrics', '--tag', 'nobody']);
    assert.deepEqual([none.code, none.stdout, none.stderr], [64, '', 'jobctl: no job has the tag "nobody"\n']);
  });

  test('what a file among the jobs is not for is no reason for a mail of cron each minute', async () => {
    writeFileSync(house.path('jobs/Not A Job.yaml'), 'x');
    await look(house, '--tag', 'night');
    rmSync(house.path('jobs/Not A Job.yaml'));
  });
});

/** Fails when a counter is lower than in an earlier look. */
class Counters {
  readonly #highest = new Map<string, number>();
  readonly #house: House;

  constructor(house: House) {
    this.#house = house;
  }

  async look(): Promise<Parsed> {
    const seen = await look(this.#house);
    const isCounter = (key: string) => seen.types.get(nameOf(key)) === 'counter';
    for (const [key, known] of this.#highest)
      assert.ok((seen.values.get(key) ?? -1) >= known, `${key} fell from ${known}`);
    for (const [key, value] of seen.values) if (isCounter(key)) this.#highest.set(key, value);
    assert.ok(this.#highest.size > 0);
    return seen;
  }
}

describe('counters', () => {
  let house: House;
  let counters: Counters;
  const historyOf = (slug: string) => house.path(`state/history/${slug}.jsonl`);
  const success = one('job_runs_total', 'turns', { outcome: 'success' });
  before(() => {
    house = new House({
      turns: job('"true"'),
      killed: job(`sh -c '[ -e "$FLAG" ] || exec sleep 1000'`, `environment: {FLAG: FLAG_FILE}\n`),
      old: job(
        `sh -c '[ -e "$FLAG" ]'`,
        `environment: {FLAG: FLAG_FILE}\nmax_task_failures: 1000\nbackoff: {initial: 1s, factor: 1}\n`,
      ),
    });
    for (const slug of ['killed', 'old'])
      house.job(
        slug,
        readFileSync(house.path(`jobs/${slug}.yaml`), 'utf8').replace('FLAG_FILE', house.path(`state/${slug}.flag`)),
      );
    counters = new Counters(house);
  });
  after(() => house.remove());

  /** Lines that count nothing, more than a history holds before it is rotated. */
  function fill(slug: string): void {
    const line = { event: 'steered', run: '', atMs: Date.now(), action: 'start', by: 'ada', reason: 'x'.repeat(1000) };
    appendFileSync(historyOf(slug), `${JSON.stringify(line)}\n`.repeat(540));
  }

  test('do not fall when a history is rotated three times', async () => {
    await house.run('run-job', ['turns']);
    const first = readFileSync(historyOf('turns'), 'utf8');
    for (let turn = 1; turn <= 3; turn++) {
      fill('turns');
      await counters.look();
      await house.run('run-job', ['turns']);
      assert.ok(statSync(historyOf('turns'), { throwIfNoEntry: false }) === undefined, 'it was rotated');
      assert.equal((await counters.look()).values.get(success), 2 * turn);
      await house.run('run-job', ['turns']);
      assert.equal((await counters.look()).values.get(success), 2 * turn + 1);
    }
    const rest = ['', '.1'].map((end) => readFileSync(`${historyOf('turns')}${end}`, 'utf8')).join('');
    assert.ok(!rest.includes(first), 'the first run is no longer on record');
  });

  test('do not fall when a run-job is killed with SIGKILL, and count its run once', async () => {
    const failure = one('job_runs_total', 'killed', { outcome: 'failure' });
    assert.equal((await counters.look()).values.get(failure), 0);
    house.spawn('run-job', ['killed']);
    const pid = await until('the run', async () => {
      const { stdout } = await house.run('run-job', ['--status', '--json', 'killed']);
      const { activity } = JSON.parse(stdout) as { activity: { is: string; pid?: number } };
      return activity.is === 'running' ? activity.pid : undefined;
    });
    const { values } = await counters.look();
    assert.equal(values.get(one('job_running', 'killed')), 1);
    assert.ok((values.get(one('job_running_since_timestamp_seconds', 'killed')) ?? 0) > 0);
    process.kill(pid, 'SIGKILL');
    await counters.look();
    writeFileSync(house.path('state/killed.flag'), '');
    await house.run('run-job', ['killed']);
    const after = (await counters.look()).values;
    assert.deepEqual(
      ['success', 'failure'].map((outcome) => after.get(one('job_runs_total', 'killed', { outcome }))),
      [1, 1],
    );
  });

  test('do not fall when the first run after an upgrade from 1.0 rotates the history', async () => {
    const lines = Array.from({ length: 2600 }, (_, index) => {
      const run = `20261101-000000-${index}`.padEnd(220, 'x');
      const streak = { failures: 0, lastSuccessMs: index + 1 };
      const outcome = { kind: 'exited', code: 0 };
      const ended = { event: 'ended', run, atMs: index + 1, outcome, durationMs: 5, streak, attempt: 1 };
      return `${JSON.stringify(ended)}\n`;
    });
    const half = lines.length / 2 - 300;
    mkdirSync(path.dirname(historyOf('old')), { recursive: true });
    chownSync(path.dirname(historyOf('old')), house.service.uid, house.service.gid);
    for (const [end, text] of [
      ['.1', lines.slice(0, half).join('')],
      ['', lines.slice(half).join('')],
    ] as const) {
      writeFileSync(`${historyOf('old')}${end}`, text);
      chownSync(`${historyOf('old')}${end}`, house.service.uid, house.service.gid);
    }
    assert.ok(statSync(historyOf('old')).size > 512 * 1024);
    const succeeded = one('job_runs_total', 'old', { outcome: 'success' });
    const counted = (await counters.look()).values.get(succeeded) ?? 0;
    assert.ok(counted > 2000, `${counted}`);
    // The first attempt fails, and rotates what 1.0 wrote while the run goes on.
    const run = house.spawn('run-job', ['old']);
    const over = new Promise((resolve) => run.once('exit', resolve));
    await until('the rotation', () => readFileSync(`${historyOf('old')}.1`, 'utf8').includes('"attempt-failed"'));
    assert.equal((await counters.look()).values.get(succeeded), counted);
    writeFileSync(house.path('state/old.flag'), '');
    await over;
    assert.equal((await counters.look()).values.get(succeeded), counted + 1);
  });
});

describe('jobctl metrics --output', () => {
  let house: House;
  const file = () => house.path('state/metrics.prom');
  before(async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`job-${index}`, job('"true"', hourly)]));
    house = new House({ ...many, counted: job('"true"') });
    for (const name of ['counted', 'counted', 'job-0']) await house.run('run-job', [name]);
  });
  after(() => house.remove());

  test('a reader never sees a part of the file, and no other file stays', async () => {
    const write = () => house.run('jobctl', ['metrics', '--output', file()]);
    assert.deepEqual(await write(), { code: 0, stdout: '', stderr: '' });
    const seen = new Set<number>();
    let isOver = false;
    const reading = (async () => {
      while (!isOver) {
        const text = readFileSync(file(), 'utf8');
        const { values, types } = parsed(text);
        assert.ok(text.endsWith('\n') && types.has('processcontrol_service_restarts_total'), text.slice(-200));
        seen.add(values.get(host('snapshot_timestamp_seconds')) ?? 0);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    try {
      for (let turn = 0; turn < 4; turn++) assert.equal((await write()).code, 0);
    } finally {
      isOver = true;
      await reading;
    }
    assert.ok(seen.size >= 4, `${seen.size} of 5`);
    assert.deepEqual(
      readdirSync(house.path('state')).filter((name) => name.includes('metrics')),
      ['metrics.prom'],
    );
  });

  test('everybody may read it, whatever umask its caller has', async () => {
    rmSync(file(), { force: true });
    const under = ['sh', '-c', 'umask 077; exec "$@"', 'sh'];
    assert.equal((await house.run('jobctl', ['metrics', '--output', file()], { under })).code, 0);
    assert.equal(statSync(file()).mode & 0o7777, 0o644);
  });

  test('a counter in the file does not fall when the history is gone', async () => {
    const runs = one('job_runs_total', 'counted', { outcome: 'success' });
    await house.run('jobctl', ['metrics', '--output', file()]);
    rmSync(house.path('state/history/counted.jsonl'));
    assert.equal((await look(house)).values.get(runs), undefined, 'its logs tell that it has run');
    await house.run('jobctl', ['metrics', '--output', file()]);
    assert.equal(
      parsed(readFileSync(file(), 'utf8')).values.get(runs),
      2,
      'how often is not known, so it is as before',
    );
    house.forget('counted');
    assert.equal((await look(house)).values.get(runs), 0, 'nothing tells that it has run');
    await house.run('jobctl', ['metrics', '--output', file()]);
    assert.equal(parsed(readFileSync(file(), 'utf8')).values.get(runs), 2);
  });

  test('a history that can not be read has no counters', async () => {
    const history = house.path('state/history/job-0.jsonl');
    if (!isRoot) chmodSync(history, 0o000);
    else chownSync(history, 0, 0);
    if (isRoot) chmodSync(history, 0o600);
    const { values } = await look(house);
    const names = [...values.keys()].filter((key) => key.includes('"job-0"')).map(nameOf);
    assert.ok(names.includes('processcontrol_job_enabled'));
    assert.ok(!names.some((name) => /runs_total|success|failures|due/.test(name)), names.join(' '));
  });

  test('root writes with the rights of the service user', { skip: isRoot ? false : 'needs root' }, async () => {
    mkdirSync(house.path('closed'), { mode: 0o700 });
    const closed = house.path('closed/metrics.prom');
    const refused = await house.run('jobctl', ['metrics', '--output', closed], { as: 'root' });
    assert.deepEqual(
      [refused.code, refused.stdout, refused.stderr],
      [1, '', `jobctl: ${closed} was not written: permission denied\n`],
    );
    assert.deepEqual(readdirSync(house.path('closed')), []);
    const root = house.path('closed/precious');
    writeFileSync(root, 'precious');
    const link = house.path('state/link.prom');
    symlinkSync(root, link);
    assert.equal((await house.run('jobctl', ['metrics', '--output', link], { as: 'root' })).code, 0);
    assert.equal(readFileSync(root, 'utf8'), 'precious');
    assert.equal(statSync(link).uid, house.service.uid);
  });

  test('what can not be written leaves nothing behind', async () => {
    mkdirSync(house.path('state/a-directory'));
    const { code, stderr } = await house.run('jobctl', ['metrics', '--output', house.path('state/a-directory')]);
    assert.equal(code, 1);
    assert.match(stderr, /^jobctl: \S+ was not written: .*directory/);
    assert.ok(!readdirSync(house.path('state')).some((name) => name.startsWith('.a-directory')));
    assert.ok(!existsSync(house.path('state/nowhere')));
    assert.equal((await house.run('jobctl', ['metrics', '--output', ''])).code, 64);
  });
});

describe('crontab_in_sync', { skip: isRoot ? false : 'needs root: cron-generate writes for all' }, () => {
  let house: House;
  before(() => {
    house = new House({ a: job('"true"', hourly), b: job('"true"', hourly) });
  });
  after(() => house.remove());

  test('is 1 after cron-generate, and 0 after a file was changed, added or removed', async () => {
    const isInSync = async () => (await look(house)).values.get(host('crontab_in_sync'));
    const generate = () => house.run('cron-generate', [], { as: 'root' });
    assert.equal(await isInSync(), 0, 'no crontab');
    await generate();
    assert.equal(await isInSync(), 1);
    for (const [what, change] of [
      ['a new schedule', () => house.job('a', job('"true"', 'schedule: "5 * * * *"\n'))],
      ['a new job', () => house.job('c', job('"true"', hourly))],
      ['a job that is gone', () => rmSync(house.path('jobs/b.yaml'))],
      ['a disabled job', () => house.job('a', job('"true"', `${hourly}disabled: true\n`))],
      ['a job that catches up', () => house.job('c', job('"true"', `${hourly}catch_up: last\n`))],
    ] as const) {
      change();
      assert.equal(await isInSync(), 0, what);
      await generate();
      assert.equal(await isInSync(), 1, `${what}, and cron-generate`);
    }
  });
});
