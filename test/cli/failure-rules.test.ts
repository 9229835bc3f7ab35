/** Rules of failure with real runs, and what happens to the job then. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { PolicyHouse } from './policy-house.ts';

describe('failures as a job defines them', { concurrency: 2 }, () => {
  const house = new PolicyHouse({});
  after(() => house.remove());

  /** Runs a job with these keys once; its last line in the log, behind the level. */
  async function lastLine(slug: string, keys: string, code: number): Promise<string> {
    house.job(slug, `name: Rules\n${keys}`);
    const { stderr } = await house.exits(slug, code);
    const last = house.log(slug).trimEnd().split('\n').at(-1)?.split('\t').at(-1) ?? '';
    if (code !== 0) assert.ok(stderr.includes(last.split(' after ')[0] ?? '?'), stderr);
    return last;
  }

  test('each rule that is broken is named in the log and on stderr', async () => {
    assert.match(
      await lastLine('stderr', `command: sh -c 'echo oops >&2'\nfail_on_stderr: true\n`, 1),
      /^stderr failed by fail_on_stderr: it printed on stderr after .*, exit code 1$/,
    );
    assert.match(
      await lastLine('output', `command: sh -c 'echo fine; printf "ERROR 5"'\nfail_on_output: ^ERROR\n`, 1),
      /failed by fail_on_output: a line of its output matches/,
    );
    assert.match(
      await lastLine('missing', 'command: echo well\nrequire_output: ^done$\n', 1),
      /failed by require_output: no line of its output matches/,
    );
    assert.match(
      await lastLine('quick', 'command: /bin/true\nmin_duration: 1h\n', 1),
      /failed by min_duration: it ended after .*, sooner than 1 h/,
    );
    assert.match(
      await lastLine('codes', 'command: sh -c "exit 3"\nsuccess_exit_codes: [0, 3]\n', 0),
      /codes succeeded with exit code 3/,
    );
    assert.match(
      await lastLine('zero', 'command: /bin/true\nsuccess_exit_codes: [3]\n', 1),
      /zero failed with exit code 0/,
    );
  });

  test('a rule is not fooled by what a carriage return, a colour or a terminal adds', async () => {
    const rows: readonly (readonly [string, string, string])[] = [
      ['crlf', `printf 'loading\\r\\nFATAL no space\\r\\n'`, 'fail_on_output: space$'],
      ['progress', `printf '10 percent\\rFATAL\\n'`, 'fail_on_output: ^FATAL'],
      ['progress-err', `printf '10 percent\\rFATAL\\n' >&2`, 'fail_on_output: ^FATAL$'],
      ['colour', `printf '\\033[31mFATAL\\033[0m\\n'`, 'fail_on_output: ^FATAL$'],
    ];
    for (const [slug, print, rule] of rows) {
      const command = JSON.stringify(`sh -c "${print}"`);
      assert.match(await lastLine(slug, `command: ${command}\n${rule}\n`, 1), /failed by fail_on_output/, slug);
    }
    assert.match(house.log('crlf'), /INFO\tFATAL no space\r\n/, 'the log keeps the bytes as they are');
    const inTerminal = `script -qec "echo begin; echo done" /dev/null`;
    await lastLine('pty', `command: ${JSON.stringify(inTerminal)}\nrequire_output: ^done$\n`, 0);
  });

  test('a log that would grow beyond its size is a warning and no failure', async () => {
    house.job('large', 'name: L\ncommand: seq 1 300000\nlog_max_size: 1M\n');
    const { stderr } = await house.exits('large', 0);
    const words = /\d+ lines \(\d+ bytes\) were left out of the middle of its log \(log_max_size\)/;
    assert.match(stderr, words);
    assert.match(house.log('large'), /NOTE\tlarge succeeded after .*, exit code 0\n$/);
    assert.match((await house.run('jobctl', ['history', 'large'])).stdout, words);
    const { leftOut } = await house.event('large', 'ended');
    assert.ok((leftOut?.lines ?? 0) > 100_000);
  });

  test('a line is found that comes in pieces, byte by byte, among many others', async () => {
    const print = `perl -e '$| = 1; print "line $_\\n" for 1 .. 20000; for (split //, "all is d\\303\\266ne\\n") { print; select undef, undef, undef, 0.01 } print "more\\n" x 20000'`;
    await lastLine('pieces', `command: ${JSON.stringify(print)}\nrequire_output: ^all is döne$\n`, 0);
  });

  test('an expression without end neither stops the timeout nor the log, and the run fails by it', async () => {
    const print = `perl -e 'print "a" x 60, "!\\n"; print "line $_\\n" for 1 .. 50000; print "last\\n"'`;
    const words = await lastLine(
      'endless',
      `command: ${JSON.stringify(print)}\nfail_on_output: (a+)+$\ntimeout: 5m\n`,
      1,
    );
    assert.match(words, /failed by fail_on_output: its output could not be searched in time/);
    assert.match(house.log('endless'), /INFO\tlast\n/);
  });

  test('a run is tried again as one run, and each attempt is in its log', async () => {
    const counter = house.path('log/counter');
    const command = `sh -c 'echo x >>${counter}; [ $(wc -l <${counter}) -ge 3 ]'`;
    await lastLine('again', `command: ${JSON.stringify(command)}\nmax_task_failures: 5\nbackoff: {initial: 0s}\n`, 0);
    const log = house.log('again');
    assert.equal(log.match(/INFO\t===========\n/g)?.length, 3);
    assert.match(log, /NOTE\tattempt 2 of 5 failed with exit code 1; the next one follows in 0 s\n/);
    assert.equal(house.logs('again').length, 1);
    assert.match((await house.run('jobctl', ['history', 'again'])).stdout, / succeeded, after .*, 3 attempts, /);
  });

  test('a job that has failed too often is paused, is seen to be, and runs again when a person resumes it', async () => {
    house.job('tired', 'name: T\ncommand: sh -c "exit 6"\npause_after_failures: 2\n');
    await house.exits('tired', 6);
    const second = await house.exits('tired', 6);
    const reason = 'it failed 2 times in a row \\(pause_after_failures: 2\\), the last time it failed with exit code 6';
    assert.match(
      second.stderr,
      new RegExp(`tired: paused until an operator resumes it \\(jobctl resume tired\\): ${reason}`),
    );
    assert.match(
      (await house.exits('tired', 75)).stderr,
      new RegExp(`paused by process-control until it is resumed: ${reason}`),
    );
    assert.match((await house.run('jobctl', ['status', 'tired'])).stdout, /paused: +by process-control/);
    assert.match((await house.run('run-job', ['--status'])).stdout, /paused by process-control until it is resumed/);
    assert.match((await house.run('jobctl', ['history', 'tired'])).stdout, /exit code 6, after .*, paused the job\n/);
    assert.equal((await house.run('jobctl', ['resume', 'tired'])).code, 0);
    await house.exits('tired', 6);
    await house.exits('tired', 6);
    await house.exits('tired', 75);
  });

  test('an unrecoverable code ends the attempts and pauses the job', async () => {
    house.job(
      'locked-out',
      'name: L\ncommand: sh -c "exit 77"\nmax_task_failures: -1\nunrecoverable_exit_codes: [77]\n',
    );
    await house.exits('locked-out', 77);
    assert.match((await house.exits('locked-out', 75)).stderr, /which is one of its unrecoverable_exit_codes/);
  });

  test('an expression that is none is refused with its place', async () => {
    const file = house.path('broken.yaml');
    writeFileSync(file, 'name: B\ncommand: /bin/true\nfail_on_output: "(?i)error"\n');
    const { stdout, stderr, code } = await house.run('cron-generate', ['--validate', file], { as: 'root' });
    assert.equal(code, 1);
    assert.match(
      stdout + stderr,
      /broken\.yaml:3:17: "fail_on_output" is not a regular expression: invalid group; JavaScript has no \(\?i\)/,
    );
  });
});
