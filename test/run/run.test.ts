import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job } from '../../src/job/job.ts';
import { policyOf } from '../../src/job/policy.ts';
import { timingOf } from '../../src/job/timing.ts';
import { parseEvents } from '../../src/run/event.ts';
import { runJob } from '../../src/run/run.ts';
import { type FakeCommand, fakeMachine, settle } from '../fakes/machine.ts';

const job: Job = {
  slug: 'backup',
  path: '/jobs/backup.yaml',
  enabled: true,
  timing: timingOf({}),
  policy: policyOf({}),
  tags: [],
  failureThresholdForMail: 1,
  notices: { channels: [], after: 1 },
  name: 'Backup',
  commands: [{ text: 'dump --all', words: ['dump', '--all'] }],
  timeoutSeconds: 0,
  killGraceSeconds: 10,
  allowOvertime: false,
  leftovers: 'kill',
  environment: {},
  umask: 0o22,
  limits: {},
  sha256: 'abc',
};

const two = [
  { text: 'first', words: ['first'] as const },
  { text: 'second', words: ['second'] as const },
];

function order(changes: Partial<Job> = {}, run = 'r1', slowStart = false) {
  const world = { environment: { PATH: '/usr/bin' }, workingDirectory: '/home/svc' };
  return { job: { ...job, ...changes }, run, trigger: { by: 'clock' } as const, slowStart, world };
}

const exit = (code: number) => (command: FakeCommand) => command.end({ is: 'exited', code });

function events(machine: ReturnType<typeof fakeMachine>) {
  return parseEvents(machine.history.read('backup'));
}

test('a run that succeeds leaves a start and an end in the history, and lets the lock go', async () => {
  const machine = fakeMachine();
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
  const machine = fakeMachine();
  machine.launcher.onLaunch = exit(3);
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 3);
  assert.equal(result.history.streak.failures, 1);
});

test('a list of commands stops at the first failure', async () => {
  const machine = fakeMachine();
  machine.launcher.onLaunch = exit(7);
  assert.equal((await runJob(order({ commands: two }), machine)).exitCode, 7);
  assert.deepEqual(
    machine.launcher.commands.map((c) => c.launch.argv),
    [['/usr/bin/first']],
  );
});

test('a slow start runs the slow start command instead', async () => {
  const machine = fakeMachine();
  machine.launcher.onLaunch = exit(0);
  await runJob(order({ slowStartCommands: two }, 'r1', true), machine);
  assert.deepEqual(
    machine.launcher.commands.map((c) => c.launch.argv[0]),
    ['/usr/bin/first', '/usr/bin/second'],
  );
});

test('a timeout is for the whole list of commands, ends the run with 124 and leaves no timer behind', async () => {
  const machine = fakeMachine();
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
  const machine = fakeMachine();
  machine.launcher.onLaunch = exit(0);
  await runJob(order({ timeoutSeconds: 60 }), machine);
  assert.equal(machine.clock.armed, 0);
});

test('a stopped clock of the wall does not shorten or lengthen a timeout', async () => {
  const machine = fakeMachine();
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

test('TERM to run-job ends the command with its grace, and a second request at once', async () => {
  const machine = fakeMachine();
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
  const machine = fakeMachine();
  const running = runJob(order(), machine);
  await settle();
  const asked = { event: 'stop-requested', run: 'r1', atMs: 1, by: 'ada' };
  machine.history.append('backup', `${JSON.stringify(asked)}\n`);
  machine.stops.request();
  assert.deepEqual((await running).outcome, { kind: 'stopped', signal: 15, by: 'ada' });
});

test('no further command is started after a stop', async () => {
  const machine = fakeMachine();
  const running = runJob(order({ commands: two }), machine);
  await settle();
  machine.stops.request();
  await running;
  assert.equal(machine.launcher.commands.length, 1);
});

test('a second run of a running job is skipped with 75, counts as a failure and names the holder', async () => {
  const machine = fakeMachine();
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
  assert.match(JSON.stringify(events(machine)), /still running for 1 min 30 s \(pid 99, run r0\)/);
  assert.equal(machine.launcher.commands.length, 0);
});

test('with allow_overtime a collision is skipped quietly', async () => {
  const machine = fakeMachine();
  machine.locks.holders.set('backup', { state: 'unknown', pids: [] });
  const result = await runJob(order({ allowOvertime: true }), machine);
  assert.equal(result.exitCode, 0);
  assert.equal(result.history.lastStatus, 'skipped');
  assert.equal(result.history.streak.failures, 0);
});

test('a run whose holder has just died waits until its reaper is done', async () => {
  const machine = fakeMachine();
  machine.launcher.onLaunch = exit(0);
  machine.locks.holders.set('backup', { state: 'orphaned', pids: [5] });
  const running = runJob(order(), machine);
  await machine.clock.advance(1_000);
  machine.locks.holders.delete('backup');
  await machine.clock.advance(200);
  assert.equal((await running).exitCode, 0);
});

test('processes that outlive their run-job for longer are named, and the run is skipped', async () => {
  const machine = fakeMachine();
  machine.locks.holders.set('backup', { state: 'orphaned', pids: [5, 6] });
  const running = runJob(order(), machine);
  await machine.clock.advance(3_200);
  const result = await running;
  assert.equal(result.exitCode, 75);
  assert.match(JSON.stringify(result.outcome), /alive: 5, 6/);
});

test('a run that died with the machine is counted as interrupted by the next one', async () => {
  const machine = fakeMachine();
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

test('a log that cannot be opened means that nothing is run, and says at which stage', async () => {
  const machine = fakeMachine();
  machine.logs.failure = { stage: 'creating the log directory', reason: 'permission denied' };
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 125);
  assert.equal(machine.launcher.commands.length, 0);
  assert.equal(machine.locks.released, 1);
  assert.match(JSON.stringify(events(machine)), /creating the log directory/);
});

test('a missing program is 127 and a launch that fails names its stage', async () => {
  const machine = fakeMachine();
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

test('a full disk under the history does not end the run, and is reported', async () => {
  const machine = fakeMachine();
  machine.history.full = true;
  machine.launcher.onLaunch = exit(0);
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 0);
  assert.match(result.troubles.join(), /the history could not be written: no space left/);
});

test("lost output is flagged and does not change the job's exit code", async () => {
  const machine = fakeMachine();
  machine.launcher.onLaunch = exit(0);
  machine.logs.totals = { stdoutBytes: 10, stderrBytes: 0, lostBytes: 7, lostReason: 'ENOSPC', tail: '' };
  const result = await runJob(order(), machine);
  assert.equal(result.exitCode, 0);
  assert.deepEqual(result.troubles, ['log incomplete: 7 bytes of output lost (ENOSPC)']);
  assert.equal(result.history.runs[0]?.lostBytes, 7);
});

const daemon = [{ pid: 77, command: 'sleepy' }];

for (const [policy, exitCode, stops, abandoned] of [
  ['kill', 0, 1, false],
  ['fail', 1, 1, false],
  ['allow', 0, 0, true],
] as const) {
  test(`background processes that remain are dealt with by leftovers: ${policy}`, async () => {
    const machine = fakeMachine();
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

test('what could not be killed is named in the record and to whoever asked', async () => {
  const machine = fakeMachine();
  const running = runJob(order({ timeoutSeconds: 1 }), machine);
  await settle();
  const [command] = machine.launcher.commands;
  if (command !== undefined) command.survivors = daemon;
  await machine.clock.advance(1_000);
  const result = await running;
  assert.deepEqual(result.troubles, ['could not be killed: 77 sleepy']);
  assert.deepEqual(result.history.runs[0]?.survivors, ['77 sleepy']);
});
