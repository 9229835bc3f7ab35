import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunJob } from '../../src/job/job.ts';
import { policyOf } from '../../src/job/keys/policy.ts';
import { timingOf } from '../../src/job/keys/timing.ts';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { readPauses, removePause, writePause } from '../../src/run/pause/pause.ts';
import { runJob } from '../../src/run/run.ts';
import { type FakeCommand, fakeHost, settle } from '../fakes/host.ts';
import { plainJob as job } from './plain-job.ts';

const two = [
  { text: 'first', words: ['first'] as const },
  { text: 'second', words: ['second'] as const },
];

function order(changes: Partial<RunJob> = {}, run = 'r1', slowStart = false) {
  const world = { environment: { PATH: '/usr/bin' }, workingDirectory: '/home/svc' };
  return { job: { ...job, ...changes }, run, trigger: { by: 'clock' } as const, slowStart, world };
}

const exit = (code: number) => (command: FakeCommand) => command.end({ is: 'exited', code });

function events(machine: ReturnType<typeof fakeHost>) {
  return parseEvents(machine.history.read('backup'));
}

test('a run that succeeds records its start and its end and releases the lock', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 0);
  assert.deepEqual(
    events(machine).map((e) => e.event),
    ['started', 'ended'],
  );
  assert.equal(result.history.lastStatus, 'success');
  assert.equal(machine.locks.released, 1);
  assert.deepEqual(machine.logs.lines, ['dump --all (4711)', 'NOTE backup succeeded after 0 s, exit code 0']);
});

test("the job's own exit code is run-job's exit code", async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(3);
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 3);
  assert.equal(result.history.streak.failures, 1);
});

test('a list of commands stops at the first failure', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(7);
  assert.equal((await runJob(order({ commands: two }), machine)).exitCode, 7);
  assert.deepEqual(
    machine.launcher.commands.map((c) => c.launch.argv),
    [['/usr/bin/first']],
  );
});

test('a slow start runs the slow start command instead', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  await runJob(order({ slowStartCommands: two }, 'r1', true), machine);
  assert.deepEqual(
    machine.launcher.commands.map((c) => c.launch.argv[0]),
    ['/usr/bin/first', '/usr/bin/second'],
  );
});

test('the timeout is for the whole list of commands, gives exit code 124 and leaves no timer armed', async () => {
  const machine = fakeHost();
  const running = runJob(order({ commands: two, timeoutSeconds: 60 }), machine);
  await machine.clock.advance(40_000);
  machine.launcher.commands[0]?.end({ is: 'exited', code: 0 });
  await machine.clock.advance(19_000);
  assert.deepEqual(machine.launcher.commands[1]?.graces, []);
  await machine.clock.advance(1_000);
  const result = await running;
  assert.deepEqual(machine.launcher.commands[1]?.graces, [10_000]);
  assert.equal(result.exitCode, 124);
  assert.equal(machine.clock.armed, 0);
});

test('a run within its timeout disarms the timer', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  await runJob(order({ timeoutSeconds: 60 }), machine);
  assert.equal(machine.clock.armed, 0);
});

test('a wall clock that stands still neither shortens nor lengthens a timeout', async () => {
  const machine = fakeHost();
  const running = runJob(order({ timeoutSeconds: 60 }), machine);
  await machine.clock.advance(1_000);
  machine.clock.step(-86_400_000);
  await machine.clock.advance(58_000);
  assert.deepEqual(machine.launcher.commands[0]?.graces, []);
  await machine.clock.advance(1_000);
  const result = await running;
  assert.equal(result.outcome.kind, 'timed-out');
  const ended = events(machine).find((e) => e.event === 'ended');
  assert.equal(ended?.event === 'ended' && ended.durationMs, 60_000);
});

test('TERM to run-job ends the command within its grace; a second TERM ends it at once', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = (command) => {
    command.ignoresStop = true;
  };
  const running = runJob(order(), machine);
  await settle();
  machine.stops.request();
  await settle();
  machine.stops.request();
  const result = await running;
  assert.deepEqual(machine.launcher.commands[0]?.graces, [10_000, 0]);
  assert.equal(result.exitCode, 143);
});

test('a stopped run names the person who asked for it', async () => {
  const machine = fakeHost();
  const running = runJob(order(), machine);
  await settle();
  const asked = { event: 'stop-requested', run: 'r1', atMs: 1, by: 'ada' };
  machine.history.append('backup', `${JSON.stringify(asked)}\n`);
  machine.stops.request();
  assert.deepEqual((await running).outcome, { kind: 'stopped', signal: 15, by: 'ada', person: true });
});

test('no further command is started after a stop', async () => {
  const machine = fakeHost();
  const running = runJob(order({ commands: two }), machine);
  await settle();
  machine.stops.request();
  await running;
  assert.equal(machine.launcher.commands.length, 1);
});

test('a second run of a running job is skipped with exit code 75, counts as a failure in last status and names the holder', async () => {
  const machine = fakeHost();
  machine.locks.holders.set('backup', {
    state: 'running',
    wrapper: { pid: 99, startTicks: '5' },
    runId: 'r0',
    pids: [],
    startedMs: machine.clock.nowMs() - 90_000,
  });
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 75);
  assert.equal(result.history.lastStatus, 'failure');
  assert.deepEqual(result.history.streak, { failures: 0, collisions: 1 });
  assert.match(JSON.stringify(events(machine)), /still running for 1 min 30 s \(pid 99, run r0\)/);
  assert.equal(machine.launcher.commands.length, 0);
});

test('with allow_overtime a collision is skipped quietly', async () => {
  const machine = fakeHost();
  machine.locks.holders.set('backup', { state: 'unknown', pids: [] });
  const result = await runJob(order({ allowOvertime: true }), machine);
  assert.equal(result.exitCode, 0);
  assert.equal(result.history.lastStatus, 'skipped');
  assert.equal(result.history.streak.failures, 0);
});

test('a run whose holder has just died waits until its reaper is done', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  machine.locks.holders.set('backup', { state: 'orphaned', pids: [5] });
  const running = runJob(order(), machine);
  await machine.clock.advance(1_000);
  machine.locks.holders.delete('backup');
  await machine.clock.advance(200);
  assert.equal((await running).exitCode, 0);
});

test('a run is skipped if processes outlive their run-job, and names them', async () => {
  const machine = fakeHost();
  machine.locks.holders.set('backup', { state: 'orphaned', pids: [5, 6] });
  const running = runJob(order(), machine);
  await machine.clock.advance(3_200);
  const result = await running;
  assert.equal(result.exitCode, 75);
  assert.match(JSON.stringify(result.outcome), /alive: 5, 6/);
});

test('the next run records a run that died with the host as interrupted', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  await runJob(order(), machine);
  const [started] = machine.history.read('backup').split('\n');
  machine.history.append('backup', `${started?.replace('"r1"', '"dead"')}\n`);
  const result = await runJob(order({}, 'r2'), machine);
  assert.deepEqual(
    result.interrupted.runs.map((r) => r.run),
    ['dead'],
  );
  assert.equal(result.history.runs.find((r) => r.run === 'dead')?.outcome?.kind, 'interrupted');
  assert.equal(result.history.lastStatus, 'success');
});

test('if the log can not be opened nothing runs, and the outcome names the stage', async () => {
  const machine = fakeHost();
  machine.logs.failure = { stage: 'creating the log directory', reason: 'permission denied' };
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 125);
  assert.equal(machine.launcher.commands.length, 0);
  assert.equal(machine.locks.released, 1);
  assert.match(JSON.stringify(events(machine)), /creating the log directory/);
});

test('a missing program gives exit code 127, and a launch that fails names its stage', async () => {
  const machine = fakeHost();
  const missing = await runJob(order({ commands: [{ text: 'missing', words: ['missing'] }] }), machine);
  assert.equal(missing.exitCode, 127);
  machine.launcher.failure = {
    is: 'failed',
    stage: 'changing to the working directory',
    reason: 'no such directory',
    exitCode: 125,
  };
  const failed = await runJob(order({}, 'r2'), machine);
  assert.equal(failed.exitCode, 125);
  assert.match(machine.logs.lines.at(-1) ?? '', /changing to the working directory: no such directory/);
});

test('a history that can not be written does not end the run and gives a warning', async () => {
  const machine = fakeHost();
  machine.history.full = true;
  machine.launcher.onLaunch = exit(0);
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 0);
  assert.match(result.warnings.join(), /the history could not be written: no space left/);
});

test("lost output gives a warning and does not change the job's exit code", async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  machine.logs.totals = { stdoutBytes: 10, stderrBytes: 0, lostBytes: 7, lostReason: 'ENOSPC', tail: '' };
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 0);
  assert.deepEqual(result.warnings, ['log incomplete: 7 bytes of output lost (ENOSPC)']);
  assert.equal(result.history.runs[0]?.lostBytes, 7);
});

const daemon = [{ pid: 77, command: 'sleepy' }];

for (const [policy, exitCode, stops, abandoned] of [
  ['kill', 0, 1, false],
  ['fail', 1, 1, false],
  ['allow', 0, 0, true],
] as const) {
  test(`leftovers: ${policy} decides about remaining background processes`, async () => {
    const machine = fakeHost();
    machine.launcher.onLaunch = (command) => {
      command.left = daemon;
      command.end({ is: 'exited', code: 0 });
    };
    const result = await runJob(order({ leftovers: policy }), machine);
    const [command] = machine.launcher.commands;
    assert.equal(result.exitCode, exitCode);
    assert.equal(command?.graces.length, stops);
    assert.equal(command?.abandoned, abandoned);
    assert.equal(command?.launch.keepsLock, policy !== 'allow');
  });
}

test('run-job does not wait for a command that it can not kill, and records it in the lock', async () => {
  const machine = fakeHost();
  const running = runJob(order({ timeoutSeconds: 1 }), machine);
  await settle();
  const [command] = machine.launcher.commands;
  if (command !== undefined) {
    command.outlivesAll = true;
    command.survivors = [{ pid: 4711, startTicks: '1', command: 'su', why: 'belongs to root' }];
  }
  await machine.clock.advance(1_000);
  const result = await running;
  assert.equal(result.exitCode, 124);
  assert.deepEqual(result.warnings, ['could not be killed: 4711 su (belongs to root)']);
  assert.deepEqual(result.history.runs[0]?.survivors, ['4711 su (belongs to root)']);
  assert.deepEqual(machine.locks.records.at(-1), { left: [{ pid: 4711, startTicks: '1' }] });
});

test('processes that could not be killed are named in the history and in a warning', async () => {
  const machine = fakeHost();
  const running = runJob(order({ timeoutSeconds: 1 }), machine);
  await settle();
  const [command] = machine.launcher.commands;
  if (command !== undefined) command.survivors = daemon;
  await machine.clock.advance(1_000);
  const result = await running;
  assert.deepEqual(result.warnings, ['could not be killed: 77 sleepy']);
  assert.deepEqual(result.history.runs[0]?.survivors, ['77 sleepy']);
});

const thrice = { policy: policyOf({ max_task_failures: 3, backoff: { initial: '30s', factor: 2, max: '5m' } }) };

test('a run that fails is tried again: all attempts are one run with one lock and one log', async () => {
  const machine = fakeHost();
  const codes = [1, 2, 0];
  machine.launcher.onLaunch = (command) => command.end({ is: 'exited', code: codes.shift() ?? 9 });
  const running = runJob(order(thrice), machine);
  await machine.clock.advance(29_000);
  assert.equal(machine.launcher.commands.length, 1);
  assert.equal(machine.locks.holder('backup')?.runId, 'r1');
  await machine.clock.advance(2_000);
  assert.equal(machine.launcher.commands.length, 2);
  await machine.clock.advance(60_000);
  const result = await running;
  assert.equal(result.exitCode, 0);
  assert.deepEqual(
    events(machine).map((e) => e.event),
    ['started', 'attempt-failed', 'attempt-failed', 'ended'],
  );
  assert.equal(result.history.runs.length, 1);
  assert.equal(result.history.runs[0]?.attempt, 3);
  assert.deepEqual(
    machine.logs.lines.filter((line) => line.startsWith('NOTE')),
    [
      'NOTE attempt 1 of 3 failed with exit code 1; the next one follows in 30 s',
      'NOTE attempt 2 of 3 failed with exit code 2; the next one follows in 1 minute',
      'NOTE backup succeeded after 1 min 30 s and 3 attempts, exit code 0',
    ],
  );
  assert.equal(machine.clock.armed, 0);
});

test('if all attempts fail the run is one failure, with the outcome of the last attempt', async () => {
  const machine = fakeHost();
  const codes = [1, 2, 3];
  machine.launcher.onLaunch = (command) => command.end({ is: 'exited', code: codes.shift() ?? 9 });
  const running = runJob(order(thrice), machine);
  await machine.clock.advance(90_000);
  const result = await running;
  assert.equal(result.exitCode, 3);
  assert.equal(result.history.streak.failures, 1);
});

test('each attempt has the whole timeout, and an attempt that timed out is tried again', async () => {
  const machine = fakeHost();
  const running = runJob(order({ ...thrice, timeoutSeconds: 60 }), machine);
  await machine.clock.advance(60_000 + 30_000 + 59_000);
  machine.launcher.commands[1]?.end({ is: 'exited', code: 0 });
  assert.equal((await running).exitCode, 0);
  assert.equal(machine.launcher.commands.length, 2);
  assert.equal(machine.clock.armed, 0);
});

test('a stop ends the wait for the next attempt at once', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(1);
  const running = runJob(order(thrice), machine);
  await machine.clock.advance(10_000);
  machine.stops.request();
  const result = await running;
  assert.equal(result.exitCode, 143);
  assert.equal(machine.launcher.commands.length, 1);
  assert.equal(machine.clock.armed, 0);
});

test('a stop during an attempt ends the run', async () => {
  const machine = fakeHost();
  const running = runJob(order(thrice), machine);
  await settle();
  machine.stops.request();
  assert.equal((await running).exitCode, 143);
  assert.equal(machine.launcher.commands.length, 1);
});

test('no attempt follows when the job is paused meanwhile', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(1);
  const running = runJob(order(thrice), machine);
  await machine.clock.advance(10_000);
  writePause(machine.state, { target: { job: 'backup' }, atMs: 0, by: 'ada' });
  await machine.clock.advance(6_000);
  assert.equal((await running).exitCode, 1);
  assert.equal(machine.launcher.commands.length, 1);
  assert.match(machine.logs.lines.join(), /no further attempt: paused by ada/);
});

test('no attempt of a tick begins after its start_deadline', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(1);
  const timing = timingOf({ start_deadline: '1m' });
  const tick = { tickMs: machine.clock.nowMs() - 20_000 };
  const running = runJob({ ...order({ ...thrice, timing }), tick }, machine);
  await machine.clock.advance(40_000);
  assert.equal((await running).exitCode, 1);
  assert.equal(machine.launcher.commands.length, 2);
  assert.match(machine.logs.lines.join(), /no time for another one within start_deadline/);
});

test('no attempt follows while processes that could not be killed live', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = (command) => {
    command.survivors = [{ pid: 5, command: 'stuck' }];
  };
  const running = runJob(order({ ...thrice, timeoutSeconds: 1 }), machine);
  await machine.clock.advance(2_000);
  assert.equal((await running).exitCode, 124);
});

test('a list of commands continues after an exit code that counts as success', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(3);
  const policy = policyOf({ success_exit_codes: [0, 3] });
  const result = await runJob(order({ commands: two, policy }), machine);
  assert.equal(result.exitCode, 0);
  assert.equal(machine.launcher.commands.length, 2);
  assert.match(machine.logs.lines.at(-1) ?? '', /succeeded with exit code 3 after .*, exit code 0$/);
});

test('an attempt that breaks a rule fails with exit code 1 and names the rule', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = (command) => {
    machine.logs.print('stderr', 'warning: old certificate');
    command.end({ is: 'exited', code: 0 });
  };
  const result = await runJob(order({ policy: policyOf({ fail_on_stderr: true }) }), machine);
  assert.equal(result.exitCode, 1);
  assert.equal(result.history.lastStatus, 'failure');
  const words = 'NOTE backup failed by fail_on_stderr: it printed on stderr after 0 s, exit code 1';
  assert.equal(machine.logs.lines.at(-1), words);
});

test('a run that takes longer than warn_duration notes it in the log and continues', async () => {
  const machine = fakeHost();
  const running = runJob(order({ policy: policyOf({ warn_duration: '10m' }) }), machine);
  await machine.clock.advance(600_000);
  assert.match(
    machine.logs.lines.at(-1) ?? '',
    /^NOTE backup has been running for 10 minutes \(warn_duration\) and continues$/,
  );
  machine.launcher.commands[0]?.end({ is: 'exited', code: 0 });
  const result = await running;
  assert.equal(result.exitCode, 0);
  assert.deepEqual(result.warnings, ['it took longer than 10 minutes (warn_duration)']);
  assert.equal(result.history.runs[0]?.warning, 'it took longer than 10 minutes (warn_duration)');
});

test('failures in a row pause the job; after it is resumed they are counted anew', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(4);
  const job = order({ policy: policyOf({ pause_after_failures: 2 }) });
  const pauses = () => readPauses(machine.state);
  assert.equal((await runJob({ ...job, run: 'a' }, machine)).paused, undefined);
  const second = await runJob({ ...job, run: 'b' }, machine);
  const reason = 'it failed 2 times in a row (pause_after_failures: 2), the last time it failed with exit code 4';
  assert.equal(second.paused, reason);
  assert.deepEqual(second.warnings, [`paused until an operator resumes it (jobctl resume backup): ${reason}`]);
  assert.deepEqual(
    pauses().map(({ by, circuit }) => [by, circuit]),
    [['process-control', true]],
  );
  removePause(machine.state, { job: 'backup' });
  assert.equal((await runJob({ ...job, run: 'c' }, machine)).paused, undefined);
  assert.notEqual((await runJob({ ...job, run: 'd' }, machine)).paused, undefined);
});

test('an unrecoverable exit code is not tried again and pauses the job', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(77);
  const policy = policyOf({ max_task_failures: 5, unrecoverable_exit_codes: [77] });
  const result = await runJob(order({ policy }), machine);
  assert.equal(machine.launcher.commands.length, 1);
  assert.match(result.paused ?? '', /unrecoverable_exit_codes$/);
});

test('a pause that can not be written gives a warning, and the next failure tries again', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(1);
  const job = order({ policy: policyOf({ pause_after_failures: 1 }) });
  machine.state.full = true;
  const first = await runJob({ ...job, run: 'a' }, machine);
  assert.match(first.warnings.join(), /^it should be paused .* but can't be: no space left on device$/);
  machine.state.full = false;
  assert.match((await runJob({ ...job, run: 'b' }, machine)).paused ?? '', /failed 2 times in a row/);
});

test('a run that waits is not recorded as interrupted; one that died while it waited is', async () => {
  const machine = fakeHost();
  machine.launcher.onLaunch = exit(0);
  for (const run of ['dead', 'waits']) {
    const waiting = { event: 'waiting', run, atMs: 1, trigger: { by: 'clock' }, host: 'h', words: 'still running' };
    machine.history.append('backup', `${JSON.stringify(waiting)}\n`);
  }
  machine.locks.holders.set('backup@next', { state: 'running', runId: 'waits', pids: [] });
  const result = await runJob(order(), machine);
  assert.deepEqual(
    result.interrupted.runs.map(({ run }) => run),
    ['dead'],
  );
});

test('a run that is stopped while it waits for another one records its end', async () => {
  const machine = fakeHost();
  machine.locks.holders.set('backup', { state: 'running', runId: 'r0', pids: [] });
  const running = runJob(order({ policy: policyOf({ cron_collision_policy: 'QUEUE' }) }), machine);
  await machine.clock.advance(5_000);
  machine.history.append('backup', `${JSON.stringify({ event: 'stop-requested', run: 'r1', atMs: 1, by: 'ada' })}\n`);
  machine.stops.request();
  const result = await running;
  assert.equal(result.exitCode, 143);
  assert.deepEqual(result.outcome, { kind: 'stopped', signal: 15, by: 'ada', person: true });
  assert.deepEqual(
    events(machine).map((e) => e.event),
    ['waiting', 'stop-requested', 'ended'],
  );
});

for (const [allowOvertime, status] of [
  [false, 'failure'],
  [true, 'skipped'],
] as const) {
  test(`a run that was replaced names the other run and counts as ${status} ${allowOvertime ? 'with' : 'without'} allow_overtime`, async () => {
    const machine = fakeHost();
    const running = runJob(order({ allowOvertime }), machine);
    await settle();
    const asked = { event: 'stop-requested', run: 'r1', atMs: 1, by: 'run r2', replacedBy: 'r2' };
    machine.history.append('backup', `${JSON.stringify(asked)}\n`);
    machine.stops.request();
    const result = await running;
    assert.equal(result.exitCode, 143);
    assert.equal(result.history.lastStatus, status);
    assert.match(machine.logs.lines.at(-1) ?? '', /backup was stopped: replaced by run r2 after/);
  });
}
