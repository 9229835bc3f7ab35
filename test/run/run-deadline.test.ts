/** A run of a fleet ends by its deadline, and says why. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from '../../src/job/keys/policy.ts';
import { runAttempts } from '../../src/run/attempts.ts';
import { outcomeWords } from '../../src/run/outcome/outcome.ts';
import { SuccessRules } from '../../src/run/outcome/success-rules.ts';
import { type Deadline, RunDeadline } from '../../src/run/permission/run-deadline.ts';
import { StopWatch } from '../../src/run/stop-watch.ts';
import { fakeHost, settle } from '../fakes/host.ts';
import { plainJob } from './plain-job.ts';

const because = 'no contact with the fleet for 4 min 49 s';

/** A run of up to three attempts; its first deadline is TERM after 60 s and KILL after 65 s. */
async function scene({ timeoutSeconds = 0, commands = plainJob.commands } = {}) {
  const host = fakeHost();
  const { clock, logs, launcher, lineSearch, locks } = host;
  const job = { ...plainJob, policy: policyOf({ max_task_failures: 3 }), timeoutSeconds, commands };
  const opened = logs.open(job.slug, 0);
  const locked = await locks.acquire(job.slug, 'r1');
  if (opened.is === 'failed' || locked.is === 'busy') throw new Error('the fakes refuse nothing');
  const watch = new StopWatch(host.stops);
  const until = (termMs: number, killMs = termMs + 5000): Deadline => ({
    termBootMs: clock.sinceBootMs() + termMs,
    killBootMs: clock.sinceBootMs() + killMs,
    because,
  });
  const first = until(60_000);
  const deadline = new RunDeadline(first, { clock, watch });
  const lock = { ...locked.lock, sharedFds: [] };
  const rules = new SuccessRules(job.policy, lineSearch);
  const world = { environment: {}, workingDirectory: '/' };
  const end = runAttempts(
    { job, run: 'r1', world, commands, startedMs: clock.nowMs() },
    { ...host, watch, lock, log: opened.log, rules, deadline, paused: () => undefined },
  );
  await settle();
  return { clock, launcher, deadline, until, first, end, watch };
}

test('the parent of the job gets the deadline with the command', async () => {
  const { launcher, first, end, deadline } = await scene();
  assert.deepEqual(launcher.commands[0]?.launch.endBy, first);
  assert.deepEqual(launcher.commands[0]?.deadlines, []);
  launcher.commands[0]?.end({ is: 'exited', code: 0 });
  assert.equal((await end).outcome.kind, 'exited');
  deadline.close();
});

test('when the parent has begun to end the job, the run was stopped, and no attempt follows', async () => {
  const { launcher, end, clock } = await scene();
  const [command] = launcher.commands;
  command?.passDeadline();
  await settle();
  // What another program started for the job is ended by run-job.
  assert.deepEqual(command?.graces, [10_000]);
  const { outcome, attempt } = await end;
  assert.equal(outcomeWords(outcome), `was stopped: ${because}`);
  assert.equal(attempt, 1);
  await clock.advance(3_600_000);
  assert.equal(launcher.commands.length, 1);
});

test('run-job ends the job too, within what is left until KILL', async () => {
  const { launcher, end, clock } = await scene();
  await clock.advance(60_000);
  assert.deepEqual(launcher.commands[0]?.graces, [5000]);
  assert.equal(outcomeWords((await end).outcome), `was stopped: ${because}`);
});

test('a renewal puts the end off', async () => {
  const { launcher, end, clock, deadline, until } = await scene();
  await clock.advance(59_000);
  const second = until(60_000);
  deadline.set(second);
  assert.deepEqual(launcher.commands[0]?.deadlines, [second]);
  await clock.advance(59_000);
  assert.deepEqual(launcher.commands[0]?.graces, []);
  await clock.advance(1000);
  assert.deepEqual(launcher.commands[0]?.graces, [5000]);
  await end;
});

test('a job that is lost is killed without a grace', async () => {
  const { launcher, end, deadline, until } = await scene();
  deadline.set(until(0, 0));
  await settle();
  assert.deepEqual(launcher.commands[0]?.graces, []);
  const given = launcher.commands[0]?.deadlines.at(-1);
  assert.ok(given !== undefined && given.termBootMs === given.killBootMs);
  launcher.commands[0]?.passDeadline();
  await end;
  assert.deepEqual(launcher.commands[0]?.graces, [0]);
});

test('between two attempts the deadline ends the run', async () => {
  const { launcher, end, clock, deadline, until } = await scene();
  deadline.set(until(20_000));
  launcher.commands[0]?.end({ is: 'exited', code: 1 });
  await clock.advance(20_000);
  assert.equal(outcomeWords((await end).outcome), `was stopped: ${because}`);
  assert.equal(launcher.commands.length, 1);
});

test('a renewal between two commands counts for the second', async () => {
  const commands = ['first', 'second'].map((word) => ({ text: word, words: [word] as const }));
  const { launcher, end, clock, deadline, until } = await scene({ commands });
  const second = until(120_000);
  deadline.set(second);
  launcher.commands[0]?.end({ is: 'exited', code: 0 });
  await settle();
  await settle();
  assert.deepEqual(launcher.commands[1]?.launch.endBy, second);
  await clock.advance(119_000);
  launcher.commands[1]?.end({ is: 'exited', code: 0 });
  assert.equal((await end).outcome.kind, 'exited');
  deadline.close();
  assert.equal(clock.armed, 0);
});

test('a command that its parent does not start any more was stopped by the deadline', async () => {
  const { launcher, end, clock, deadline, until } = await scene();
  deadline.set(until(30_000));
  launcher.failure = { is: 'failed', stage: 'starting the command', reason: 'late', exitCode: 125 };
  launcher.commands[0]?.end({ is: 'exited', code: 1 });
  // The host is suspended: the timers of run-job stand still, and the clock since boot goes on.
  const { sinceBootMs } = clock;
  clock.sinceBootMs = () => sinceBootMs.call(clock) + 3_600_000;
  await clock.advance(30_000);
  assert.equal(outcomeWords((await end).outcome), `was stopped: ${because}`);
});

test('a timeout that passed while run-job was suspended is not the reason', async () => {
  const { launcher, end, clock } = await scene({ timeoutSeconds: 50 });
  const [command] = launcher.commands;
  if (command !== undefined) command.ignoresStop = true;
  await clock.advance(50_000);
  command?.passDeadline();
  await settle();
  command?.end({ is: 'signalled', signal: 9 });
  assert.equal(outcomeWords((await end).outcome), `was stopped: ${because}`);
});
