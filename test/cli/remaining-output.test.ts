/** Daemons that a job leaves on purpose: they go on printing, and their words are where the log says. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { commandLineOf, pids } from '../../src/system/process/proc.ts';
import { until } from './house.ts';
import { PolicyHouse } from './policy-house.ts';

describe('what a daemon prints under `leftovers: allow`', { concurrency: 3 }, () => {
  const house = new PolicyHouse({});
  const daemons: number[] = [];
  after(() => {
    for (const pid of daemons) if (pids().includes(pid)) process.kill(-pid, 'SIGKILL');
    house.remove();
  });

  /** Runs a job that leaves a daemon, which waits for the test, does `work` and then lives until it is told. */
  async function leave(slug: string, work: string, keys = '') {
    const go = house.path(`let-${slug}`);
    const done = house.path(`log/done-${slug}`);
    const script = house.path(`${slug}.sh`);
    writeFileSync(script, `while ! [ -e ${go} ]; do sleep 0.05; done\n${work}\ntouch ${done}\nsleep 600 & wait\n`);
    house.job(slug, `name: D\ncommand: sh -c 'setsid -f sh ${script}; echo started'\nleftovers: allow\n${keys}`);
    await house.exits(slug, 0);
    const log = house.log(slug);
    const [, file = ''] =
      /NOTE\ta process that outlives the command keeps its output open; what it prints from now on is in (\S+)\n/.exec(
        log,
      ) ?? [];
    assert.notEqual(file, '', log);
    // setsid -f and run-job do not wait until what they have forked is the program that it becomes.
    const pid = await until(`the daemon of ${slug}`, () => pids().find((one) => commandLineOf(one) === `sh ${script}`));
    daemons.push(pid);
    const readers = () => pids().filter((one) => commandLineOf(one).includes(file.replace(/\.log$/, '')));
    const reader = await until(`its reader`, () => readers().length > 0 && readers());
    return {
      ...{ file, log, pid, reader },
      /** Lets it work, and waits until it has. */
      async work() {
        house.let(slug);
        await until(`${slug} to have printed`, () => existsSync(done));
        assert.ok(pids().includes(pid), 'it lives');
      },
    };
  }

  test('10 MB: the job neither dies nor hangs, and all output is in a file beside the log', async () => {
    const daemon = await leave('large', 'seq 1 1400000; echo last >&2');
    assert.ok(!existsSync(daemon.file), 'a daemon that says nothing has no file');
    await daemon.work();
    const text = () => readFileSync(daemon.file, 'latin1');
    await until('the last line', () => text().includes('\tERROR\tlast\n') && text().includes('\tINFO\t1400000\n'));
    const lines = text().split('\n');
    assert.equal(
      lines.filter((line) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\tINFO\t\d+$/.test(line)).length,
      1_400_000,
    );
    assert.equal(house.log('large'), daemon.log, 'the log of the run ends with the run');
    assert.equal((statSync(daemon.file).mode & 0o777).toString(8), '640');
    assert.equal(daemon.reader.length, 1);
    // The lock is free, and the reader is nothing of the run.
    house.job('large', 'name: D\ncommand: /bin/true\n');
    await house.exits('large', 0);
  });

  test('its output is not in the frames of the next commands of the run', async () => {
    const { file, work } = await leave('frames', 'printf question; sleep 2; echo; echo after');
    await work();
    await until('its words', () => existsSync(file) && /\tINFO\tafter\n$/.test(readFileSync(file, 'utf8')));
    assert.match(readFileSync(file, 'utf8'), /^\S+ \S+\tINFO\tquestion\n\S+ \S+\tINFO\tafter\n$/);
  });

  test('a file that grows to log_max_size begins anew, and one that is removed is made again', async () => {
    const again = house.path('let-again');
    const more = `while ! [ -e ${again} ]; do sleep 0.05; done; echo again`;
    const { file, work } = await leave('bounded', `seq 1 200000; { ${more}; } &`, 'log_max_size: 1M\n');
    await work();
    const before = file.replace(/\.log$/, '.1.log');
    await until('the last line', () => existsSync(file) && readFileSync(file, 'latin1').endsWith('\t200000\n'));
    assert.ok(statSync(file).size + statSync(before).size <= 1 << 20);
    rmSync(file);
    house.let('again');
    await until(
      'it to be made again',
      () => existsSync(file) && /^\S+ \S+\tINFO\tagain\n$/.test(readFileSync(file, 'latin1')),
    );
  });

  test('the reader ends when nobody can print any more', async () => {
    const { reader, pid } = await leave('ends', 'true');
    assert.equal(reader.length, 1);
    process.kill(-pid, 'SIGKILL');
    await until('its reader to end', () => !pids().includes(reader[0] ?? 0));
  });
});
