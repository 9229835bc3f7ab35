/** A deadline is held by the parent of the job, whatever happens to run-job. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, type TestContext, test } from 'node:test';
import { createLauncher } from '../../../src/system/process/launcher.ts';
import { readProcess } from '../../../src/system/process/proc.ts';
import { startReaper } from '../../../src/system/process/reaper.ts';
import { openScript } from '../../../src/system/program/own-script.ts';
import { clock } from '../../../src/system/time/clock.ts';
import type { EndBy, RunningCommand } from '../../../src/system/types/process.ts';
import { launchesProgram, programs, Scene, underReaper, underShell, until } from './launching.ts';

const hourMs = 3_600_000;

/** The moments in so many milliseconds from now. */
const within = (termMs: number, killMs: number): EndBy => ({
  termBootMs: clock.sinceBootMs() + termMs,
  killBootMs: clock.sinceBootMs() + killMs,
});

/** They ignore TERM, or have left their session, their parent or their environment. */
const stubborn = [
  'ignores-term',
  'stopped',
  'orphan',
  'daemon',
  'daemon-unmarked',
  'daemon-on-term',
  'hopper-sessions',
];

const tells = 'trap "echo asked" TERM; echo ready; while :; do sleep 0.02; done';

/** Starts launches.ts, which plays run-job, and gives its command a deadline of half a second. */
async function playRunJob(context: TestContext, scene: Scene): Promise<ChildProcess> {
  const argv = ['/usr/bin/perl', `${programs}/escapes.pl`, scene.tag, ...stubborn] as const;
  // The death of run-job alone would end the job an hour later.
  const order = scene.order(argv, { endInMs: [500, 1000] }, { orphanGraceMs: hourMs });
  const runJob = spawn(process.execPath, [launchesProgram, order], { stdio: ['ignore', 'pipe', 'ignore'] });
  context.after(() => runJob.kill('SIGKILL'));
  let said = '';
  runJob.stdout?.on('data', (text) => {
    said += text;
  });
  await until(() => said.includes('ready') && said.includes('launched'));
  runJob.kill('SIGUSR2');
  await until(() => said.includes('deadline set'));
  return runJob;
}

/** The value of a promise; fails loudly instead of hanging. */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let isThere = false;
  void promise.then(() => {
    isThere = true;
  });
  await until(() => isThere);
  return promise;
}

const reaperOf = ({ leader }: RunningCommand) => readProcess(leader.pid)?.parent ?? 0;

describe('a job is over in time', () => {
  const areOver = (scene: Scene, { pid }: ChildProcess) => scene.alive().every((one) => one.pid === pid);

  test('although its run-job was killed and its processes try to escape', async (context) => {
    const scene = new Scene(context);
    const runJob = await playRunJob(context, scene);
    runJob.kill('SIGKILL');
    await until(() => areOver(scene, runJob) && !scene.lockIsHeld());
  });

  test('although its run-job is suspended, which learns the reason when it goes on', async (context) => {
    const scene = new Scene(context);
    const runJob = await playRunJob(context, scene);
    runJob.kill('SIGSTOP');
    await until(() => areOver(scene, runJob));
    runJob.kill('SIGCONT');
    await once(runJob, 'exit');
    assert.equal(scene.history().overdue, true);
  });

  test('with TERM at the first moment, and time to clean up before the second', async (context) => {
    const scene = new Scene(context);
    const cleansUp = 'trap "echo bye; exit 5" TERM; echo ready; while :; do sleep 0.02; done';
    const command = await scene.sh(underReaper, cleansUp, { endBy: within(hourMs, 2 * hourMs) });
    await until(() => scene.stdout() === 'ready\n');
    command.setEndBy(within(0, hourMs));
    await inTime(command.overdue);
    assert.deepEqual(await inTime(command.ended), { is: 'exited', code: 5 });
    assert.equal(scene.stdout(), 'ready\nbye\n');
  });

  test('with KILL at once when both moments have passed', async (context) => {
    const scene = new Scene(context);
    const command = await scene.sh(underReaper, tells);
    await until(() => scene.stdout() === 'ready\n');
    command.setEndBy(within(-hourMs, -1000));
    await inTime(command.overdue);
    assert.deepEqual(await inTime(command.ended), { is: 'signalled', signal: 9 });
    assert.equal(scene.stdout(), 'ready\n');
  });

  test('although it has suspended its parent', async (context) => {
    const scene = new Scene(context);
    const command = await scene.sh(underReaper, 'kill -STOP $PPID; echo ready; sleep 600; true');
    await until(() => scene.stdout() === 'ready\n');
    command.setEndBy(within(0, 0));
    await inTime(command.ended);
    await until(() => scene.alive().length === 0);
  });

  test('with a run-job below it, which would start its next attempt', async (context) => {
    const scene = new Scene(context);
    const patient = reaperWith(scene, '= (4, 1);', '= (600, 600);');
    const attempts = 'env PROCESS_CONTROL_WRAPPER=inner sh -c "echo ready; while :; do sleep 0.1; done" "$0"; true';
    const command = await scene.sh(patient, attempts);
    await until(() => scene.stdout() === 'ready\n');
    command.setEndBy(within(-1000, 0));
    await until(() => scene.alive().length === 0);
  });
});

describe('a renewal', () => {
  test('puts the end off', async (context) => {
    const scene = new Scene(context);
    const first = within(600, 600);
    const command = await scene.sh(underReaper, tells, { endBy: first });
    await until(() => scene.stdout() === 'ready\n');
    command.setEndBy(within(hourMs, hourMs));
    // The parent looks at the clock each second.
    await until(() => clock.sinceBootMs() > first.killBootMs + 1500);
    assert.equal(scene.stdout(), 'ready\n');
    assert.ok(scene.alive().length > 0);
    command.setEndBy(within(0, 0));
    assert.deepEqual(await inTime(command.ended), { is: 'signalled', signal: 9 });
  });

  test('that comes after TERM does not put KILL off', async (context) => {
    const scene = new Scene(context);
    const command = await scene.sh(underReaper, tells);
    await until(() => scene.stdout() === 'ready\n');
    command.setEndBy(within(0, 1500));
    await until(() => scene.stdout() === 'ready\nasked\n');
    command.setEndBy(within(hourMs, hourMs));
    assert.deepEqual(await inTime(command.ended), { is: 'signalled', signal: 9 });
  });

  test('that is sent together with the request is not taken for a part of it', async (context) => {
    const scene = new Scene(context);
    const output = path.join(scene.directory, 'value');
    const script = `printf %s "$LAST" >${output}; trap "exit 5" TERM; while :; do sleep 0.02; done`;
    const reaper = startReaper(
      {
        argv: ['/bin/sh', '-c', script, scene.tag],
        environment: { PATH: '/usr/bin:/bin', LAST: 'value' },
        workingDirectory: '/',
        runId: scene.runId,
        keepsLock: true,
        umask: 0o022,
      },
      { perlPath: '/usr/bin/perl', script: openScript(reaperFile), wrapperMark: 'none' },
      { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore', lock: 'ignore' },
    );
    assert.ok(reaper);
    reaper.setEndBy(within(1000, hourMs));
    await inTime(reaper.overdue);
    assert.equal(readFileSync(output, 'utf8'), 'value');
  });
});

test('no job is started after its deadline', async (context) => {
  const scene = new Scene(context);
  const answer = await scene.launch(underReaper, ['/bin/echo', 'started'], { endBy: within(-1, hourMs) });
  const reason = 'its deadline has passed';
  assert.deepEqual(answer, { is: 'failed', stage: 'starting the command', reason, exitCode: 125 });
  assert.equal(scene.stdout(), '');
});

test('without perl a job that has a deadline is not started', async (context) => {
  const scene = new Scene(context);
  const answer = await scene.launch(underShell, ['/bin/echo', 'started'], { endBy: within(hourMs, hourMs) });
  assert.ok(answer.is === 'failed' && answer.reason.includes('install perl-base'), JSON.stringify(answer));
  assert.equal(scene.stdout(), '');
});

test('the parent of a job without a deadline never wakes up', async (context) => {
  const scene = new Scene(context);
  const [without, withOne] = [
    await scene.sh(underReaper, 'exec sleep 600'),
    await scene.sh(underReaper, 'exec sleep 600', { endBy: within(hourMs, hourMs) }),
  ];
  const [idle, awake] = [wakeUpsOf(reaperOf(without)), wakeUpsOf(reaperOf(withOne))];
  await until(() => wakeUpsOf(reaperOf(withOne)) >= awake + 2);
  assert.equal(wakeUpsOf(reaperOf(without)), idle);
  for (const command of [without, withOne]) await command.stop(0);
});

test('the parent of a job that ignores its deadline sleeps until KILL, and then ends', async (context) => {
  const scene = new Scene(context);
  const command = await scene.sh(underReaper, 'trap "" TERM; echo ready; exec sleep 600');
  const reaper = reaperOf(command);
  await until(() => scene.stdout() === 'ready\n');
  command.setEndBy(within(0, 2500));
  await inTime(command.overdue);
  const sleeps = wakeUpsOf(reaper) + 2;
  await until(() => wakeUpsOf(reaper) >= sleeps);
  assert.ok(ticksOf(reaper) < 50, `${ticksOf(reaper)} ticks`);
  await inTime(command.ended);
  await until(() => readProcess(reaper) === undefined);
});

const reaperFile = path.join(import.meta.dirname, '../../../../src/system/process/reaper.pl');

function reaperWith(scene: Scene, from: string, to: string) {
  const reaperPath = path.join(scene.directory, 'reaper.pl');
  const text = readFileSync(reaperFile, 'utf8');
  assert.ok(text.includes(from));
  writeFileSync(reaperPath, text.replace(from, to));
  return createLauncher({ reaperPath });
}

/** The processor time of a process, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** How often a process has gone to sleep. */
function wakeUpsOf(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
