/**
 * Hosts with the same job files: each of three installations is a host of a fleet, one of them in no
 * pool. Only hosts of a job's pool start it, and no other host calls that an error.
 */
import assert from 'node:assert/strict';
import { chownSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { House, isRoot, repository, until } from './house.ts';

const asRoot = isRoot ? ({ as: 'root' } as const) : {};
const byClock = { environment: { PROCESS_CONTROL_TRIGGER: 'cron' } };

const jobs = {
  first: 'name: First\ncommand: echo ran\nschedule: "* * * * *"\npool: web\nplacement: ordered\ncatch_up: last\n',
  each: 'name: Each\ncommand: /bin/true\nschedule: "* * * * *"\npool: web\nruns: each\n',
  one: 'name: One\ncommand: /bin/true\nschedule: "* * * * *"\npool: web\ntag: shared\n',
  plain: 'name: Plain\ncommand: /bin/true\nschedule: "* * * * *"\n',
  typo: 'name: Typo\ncommand: /bin/true\nschedule: "* * * * *"\npool: wbe\n',
  nobody: 'name: Nobody\ncommand: /bin/true\nschedule: "* * * * *"\npool: spare\n',
  bad: 'name: Bad\ncommand: /bin/false\nschedule: "0 0 1 1 *"\npool: web\nplacement: ordered\n',
  long: 'name: Long\ncommand: sleep 1000\nschedule: "0 0 1 1 *"\npool: web\nplacement: ordered\n',
  kept: 'name: Kept\ncommand: sleep 1000\nservice: true\npool: web\nplacement: ordered\nstop_timeout: 5s\n',
};

const fleet = (host: string, web: readonly string[]) => `fleet: {host: ${host}, pools: {web: [${web}], spare: []}}`;

function hostNamed(name: string, web: readonly string[] = ['web1', 'WEB2.']) {
  return new House(jobs, { config: fleet(name, web) });
}

/** Writes the pools anew, as configuration management does. */
function setPools(house: House, host: string, web: readonly string[]): void {
  const text = readFileSync(house.configFile, 'utf8');
  writeFileSync(house.configFile, text.replace(/^fleet: .*$/m, fleet(host, web)));
}

describe('a fleet of three hosts', () => {
  const web1 = hostNamed('web1');
  const web2 = hostNamed('web2');
  const db1 = hostNamed('db1');
  const hosts = { web1, web2, db1 };
  after(() => {
    for (const house of Object.values(hosts)) house.remove();
  });
  const generate = (house: House, ...args: readonly string[]) => house.run('cron-generate', args, asRoot);
  const generateAll = () => Promise.all(Object.values(hosts).map((house) => generate(house)));
  const ask = async (house: House, ...args: readonly string[]) => (await house.run('jobctl', args, asRoot)).stdout;
  const crontab = (house: House) => readFileSync(house.path('etc/crontab'), 'utf8');
  const linesOf = (house: House) =>
    [...crontab(house).matchAll(/^\S.*run-job (?:--due )?--job (\S+)/gm)].map(([, slug]) => slug).sort();
  const history = (house: House, slug: string) => {
    const file = house.path(`state/history/${slug}.jsonl`);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  /** The state of the service `kept`, as its supervisor has recorded it. */
  const serviceState = (house: House): unknown => {
    const file = house.path('state/services/kept/supervised.json');
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).state : undefined;
  };

  before(async () => {
    await generateAll();
  });

  test('have lines for the jobs of their pools, and for those without a pool', () => {
    const [mine, other] = linesOf(web1).includes('one') ? [web1, web2] : [web2, web1];
    assert.ok(linesOf(mine).includes('one'));
    assert.ok(!linesOf(other).includes('one'));
    const without = (house: House) => linesOf(house).filter((slug) => slug !== 'one');
    assert.deepEqual(without(web1), ['bad', 'each', 'first', 'long', 'plain']);
    assert.deepEqual(without(web2), ['each', 'plain']);
    assert.deepEqual(linesOf(db1), ['plain']);
    assert.match(crontab(db1), /^# Not on this host: each, on web1, web2$/m);
    assert.match(crontab(db1), /^# Not on this host: nobody, on no host$/m);
    assert.match(crontab(web1), /--catch-up/);
    assert.doesNotMatch(crontab(web2), /--catch-up/);
  });

  test('get one message about a pool that is not there, which stops no other job', async () => {
    const { code, stderr } = await generate(web1);
    assert.equal(code, 1);
    assert.match(stderr, /typo\.yaml:4:7: .*there is no pool "wbe".*only web, spare; did you mean "web"\?/);
    assert.match(stderr, /nobody\.yaml:4:7: .*the pool "spare" has no hosts, so no host starts this job/);
    assert.doesNotMatch(stderr, /is in no pool/);
    assert.match((await generate(db1)).stderr, /this host, db1, is in no pool of "fleet.pools"/);
  });

  test('say where a job is that they do not have, and do not call it an error', async () => {
    const [status, json, service, atHome, next, check, metrics] = await Promise.all([
      ask(db1, 'status'),
      ask(db1, 'status', 'first', '--json'),
      ask(db1, 'why', 'kept'),
      ask(web1, 'why', 'first', '--all'),
      ask(db1, 'next', 'first'),
      ask(db1, 'check'),
      ask(db1, 'metrics'),
    ]);
    assert.match(status, /^first +elsewhere .*on web1$/m);
    assert.match(status, /^each +elsewhere .*on web1, web2$/m);
    assert.match(status, /^nobody +elsewhere .*on no host$/m);
    assert.match(status, /^kept +elsewhere .*on web1$/m);
    const details = await db1.run('jobctl', ['status', 'first'], asRoot);
    assert.match(details.stdout, /^pool: +on web1 of the pool web, not on db1, this host; no other host takes over/m);
    assert.equal(details.code, 3);
    const first = JSON.parse(json);
    assert.deepEqual(
      { state: first.state, seat: first.seat, overdue: first.overdue, disabled: first.disabled },
      {
        state: 'elsewhere',
        seat: { pool: 'web', runs: 'one', hosts: ['web1'], host: 'db1', isHere: false },
        overdue: undefined,
        disabled: false,
      },
    );
    const why = await db1.run('jobctl', ['why', 'first'], asRoot);
    assert.match(why.stdout, /^first will not run: it belongs to web1 \(pool web\); this host is db1/);
    assert.match(why.stdout, /ssh web1 jobctl why first/);
    assert.match(service, /^kept is DOWN: it belongs to web1 \(pool web\); this host is db1/);
    assert.match(atHome, /pool +ok +on web1 of the pool web, this host; no other host/);
    assert.match(next, /first +belongs to web1 \(pool web\); this host is db1/);
    assert.match(check, /^first +not on this host: it belongs to web1/m);
    assert.match(metrics, /processcontrol_jobs\{state="elsewhere"\} 7/);
    assert.match(metrics, /processcontrol_job_enabled\{job_name="first"\} 0/);
    assert.doesNotMatch(metrics, /job_due_timestamp_seconds\{job_name="first"\}/);
    assert.match(metrics, /processcontrol_job_due_timestamp_seconds\{job_name="plain"\}/);
  });

  test('show the fleet', async () => {
    const text = await ask(web2, 'fleet');
    assert.match(text, /^this host: web2\n/);
    assert.match(text, /^web {2,}web1, web2 \(this host\)$/m);
    assert.match(text, /^spare {2,}none$/m);
    assert.match(text, /^each {2,}web {2,}each {2,}web1, web2, also this host$/m);
    assert.match(text, /^first {2,}web {2,}one {2,}web1$/m);
    assert.match(text, /has no other host while that one is away/);
    const value = JSON.parse(await ask(web2, 'fleet', '--json'));
    assert.deepEqual(value.pools, { web: ['web1', 'web2'], spare: [] });
    const shown = value.jobs.find(({ slug }: { slug: string }) => slug === 'first');
    assert.deepEqual(shown, {
      slug: 'first',
      disabled: false,
      pool: 'web',
      runs: 'one',
      hosts: ['web1'],
      isHere: false,
    });
    assert.match(await ask(db1, 'fleet'), /this host, db1, is in no pool/);
  });

  test('start a job of another host neither by hand nor by a line that is left', async () => {
    const [byHand, start, ofService, byLine] = await Promise.all([
      web2.run('run-job', ['--job', 'first']),
      web2.run('jobctl', ['start', 'first'], asRoot),
      web2.run('jobctl', ['start', 'kept'], asRoot),
      web2.run('run-job', ['--job', 'first'], byClock),
    ]);
    assert.equal(byHand.code, 64);
    assert.match(byHand.stderr, /first can't be started here: it belongs to web1 \(pool web\); this host is web2/);
    assert.equal(start.code, 64);
    assert.match(start.stderr, /first can't be started here: it belongs to web1/);
    assert.equal(ofService.code, 64);
    assert.equal(byLine.code, 0);
    assert.equal(history(web2, 'first'), '');
    assert.equal((await web1.run('run-job', ['--job', 'first'])).code, 0);
    assert.match(history(web1, 'first'), /"ended"/);
    // A job that starts another must know that there was no run.
    const runJob = path.join(repository, 'bin/run-job');
    web2.job('caller', `name: Caller\ncommand: ${runJob} --config ${web2.configFile} --job first\n`);
    const calling = await web2.run('run-job', ['--job', 'caller']);
    assert.equal(calling.code, 64);
    assert.match(web2.log('caller'), /first can't be started here: it belongs to web1/);
    const tagged = linesOf(web1).includes('one') ? web2 : web1;
    const left = await tagged.run('jobctl', ['start', '--tag', 'shared'], asRoot);
    assert.equal(left.code, 0);
    assert.match(left.stdout, /one is not started: it belongs to web/);
  });

  test('move a job with its host: line and supervisor go, a run under way ends in peace', async () => {
    assert.equal((await web1.run('run-job', ['--job', 'bad'])).code, 1);
    assert.match(await ask(web1, 'failed'), /^bad\b/m);
    web1.spawn('run-job', ['--job', 'long']);
    await web1.run('run-job', ['--ensure']);
    await until('the service is up', () => serviceState(web1) === 'UP');
    await until('the run has begun', () => /"event":"started"/.test(history(web1, 'long')));
    for (const [name, house] of Object.entries(hosts)) setPools(house, name, ['web2']);
    const left = await ask(web1, 'next', 'first');
    assert.match(left, /^- .*first +belongs to web2 .*the crontab still has/);
    await generateAll();
    assert.deepEqual(linesOf(web1), ['plain']);
    assert.deepEqual(linesOf(web2), ['bad', 'each', 'first', 'long', 'one', 'plain']);
    assert.match(crontab(web1), /--ensure/);
    assert.equal((await web1.run('run-job', ['--ensure'])).code, 0);
    await until('the service has ended', () => serviceState(web1) === 'DOWN');
    assert.match(await ask(web1, 'status'), /^long +running .*on web2/m);
    await Promise.all([web1.run('jobctl', ['stop', 'long'], asRoot), web2.run('run-job', ['--ensure'])]);
    // What has failed here before is no alert any more where the job is not.
    const [status, failed, icinga, metrics] = await Promise.all([
      ask(web1, 'status'),
      ask(web1, 'failed'),
      web1.run('check-jobs-icinga', [], asRoot),
      ask(web1, 'metrics'),
    ]);
    for (const slug of ['long', 'bad', 'kept']) assert.match(status, new RegExp(`^${slug} +elsewhere `, 'm'));
    assert.doesNotMatch(failed, /^bad\b/m);
    assert.doesNotMatch(icinga.stdout, /FAILING/);
    assert.doesNotMatch(metrics, /job_consecutive_failures\{job_name="bad"/);
    await until('the service is up on the other host', () => serviceState(web2) === 'UP');
    await web2.run('jobctl', ['stop', 'kept'], asRoot);
    await until('it has ended there', () => serviceState(web2) === 'DOWN');
  });

  test('miss nothing that another host has run', async () => {
    setPools(web1, 'web1', ['web1', 'web2']);
    // The account of both jobs ends an hour ago, as if other hosts had had them since.
    for (const slug of ['first', 'plain']) {
      utimesSync(web1.path(`jobs/${slug}.yaml`), 1, 1);
      const folder = web1.path(`state/ticks/${slug}`);
      mkdirSync(folder, { recursive: true });
      const since = path.join(folder, 'since');
      writeFileSync(since, JSON.stringify({ rule: '* * * * *', sinceMs: Date.now() - 3_600_000 }));
      for (const name of [path.dirname(folder), folder, since]) chownSync(name, web1.service.uid, web1.service.gid);
      assert.equal((await web1.run('run-job', ['--job', slug], byClock)).code, 0);
    }
    assert.match(history(web1, 'plain'), /"event":"missed"/);
    assert.doesNotMatch(history(web1, 'first'), /"event":"missed"/);
  });
});

test('the bundles of a job without a pool have nothing of the fleet', () => {
  const bundles = path.join(repository, 'dist');
  const starting = ['run-job.cjs', 'ensure.cjs', 'catch-up.cjs', 'supervise.cjs', 'run-job-options.cjs'];
  for (const name of starting)
    assert.doesNotMatch(readFileSync(path.join(bundles, name), 'utf8'), /belongs to no host|lease\/keepalive/);
  for (const name of ['claim.cjs', 'fleet-round.cjs'])
    assert.match(readFileSync(path.join(bundles, name), 'utf8'), /lease\/keepalive/);
  assert.match(readFileSync(path.join(bundles, 'pool-seat.cjs'), 'utf8'), /belongs to no host/);
});
