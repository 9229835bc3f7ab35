import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, type TestContext, test } from 'node:test';
import { commandLineOf, readProcess } from '../../../src/system/process/proc.ts';
import type { Launch, RunningCommand } from '../../../src/system/types/process.ts';
import {
  containments,
  endProcess,
  launchesProgram,
  type OrderChanges,
  programs,
  Scene,
  underReaper,
  until,
} from './launching.ts';

const stubborn = [
  'ignores-term',
  'stopped',
  'orphan',
  'daemon',
  'daemon-unmarked',
  'daemon-on-term',
  'hopper-sessions',
];

/** Starts launches.ts, which plays run-job in a process that can be killed. */
function playRunJob(
  context: TestContext,
  scene: Scene,
  argv: Launch['argv'],
  changes: OrderChanges = {},
): ChildProcess {
  const runJob = spawn(process.execPath, [launchesProgram, scene.order(argv, changes)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  context.after(() => runJob.kill('SIGKILL'));
  return runJob;
}

/** The process that watches a command: its parent. */
const reaperOf = ({ leader }: RunningCommand) => readProcess(leader.pid)?.parent ?? 0;

const escapes = (scene: Scene): Launch['argv'] => ['/usr/bin/perl', `${programs}/escapes.pl`, scene.tag, ...stubborn];

describe('when run-job is killed', () => {
  test('its process tree is ended and its lock is free', async (context) => {
    const scene = new Scene(context);
    const runJob = playRunJob(context, scene, escapes(scene));
    let said = '';
    runJob.stdout?.on('data', (text) => {
      said += text;
    });
    await until(() => said.includes('ready'));
    assert.ok(scene.lockIsHeld());
    runJob.kill('SIGKILL');
    await until(() => scene.alive().length === 0 && !scene.lockIsHeld());
  });

  test('the same holds for every moment of the kill', async (context) => {
    const scenes = Array.from({ length: 8 }, () => new Scene(context));
    await Promise.all(
      scenes.map(async (scene) => {
        const runJob = playRunJob(context, scene, escapes(scene));
        // From Node's own start to well after that of the job.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
        runJob.kill('SIGKILL');
        await once(runJob, 'exit');
      }),
    );
    for (const scene of scenes) await until(() => scene.alive().length === 0 && !scene.lockIsHeld());
  });

  test('a job that cleans up on TERM has time for it', async (context) => {
    const scene = new Scene(context);
    const script = `trap "sleep 0.2; echo cleaned up >${scene.directory}/stdout; exit" TERM; : >${scene.directory}/ready`;
    const runJob = playRunJob(context, scene, ['/bin/sh', '-c', `${script}; while :; do sleep 0.02; done`, scene.tag]);
    await until(() => existsSync(`${scene.directory}/ready`));
    runJob.kill('SIGKILL');
    await until(() => scene.alive().length === 0 && !scene.lockIsHeld());
    assert.equal(scene.stdout(), 'cleaned up\n');
  });
});

describe('when the reaper is killed', () => {
  test('the end of the command is unknown, and no process is left', async (context) => {
    const scene = new Scene(context);
    const command = await scene.escapes(underReaper, [
      'plain',
      'ignores-term',
      'stopped',
      'orphan',
      'daemon',
      'hopper',
    ]);
    endProcess(reaperOf(command));
    const status = await command.ended;
    assert.equal(status.is, 'unknown');
    assert.match(status.reason, /^its reaper \(pid \d+\) ended by SIGKILL$/);
    assert.deepEqual(scene.alive(), []);
    assert.equal(scene.lockIsHeld(), false);
    assert.deepEqual(await command.leftovers(0), []);
  });

  test('while a stop waits, the stop ends what is left', async (context) => {
    const scene = new Scene(context);
    const command = await scene.escapes(underReaper, ['ignores-term', 'daemon']);
    const reaper = reaperOf(command);
    const stopped = command.stop(60_000);
    endProcess(reaper);
    assert.deepEqual((await stopped).survivors, []);
    assert.deepEqual(scene.alive(), []);
  });

  test('after the command has ended, its end stays known', async (context) => {
    const scene = new Scene(context);
    const command = await scene.sh(underReaper, 'setsid sh -c "sleep 600; true" "$0" & echo $PPID; exit 3');
    assert.deepEqual(await command.ended, { is: 'exited', code: 3 });
    endProcess(Number(scene.stdout()));
    assert.deepEqual(await command.leftovers(60_000), []);
    assert.deepEqual(scene.alive(), []);
  });
});

for (const [name, launcher] of containments) {
  describe(`a run within a run, under the ${name}`, () => {
    /**
     * The outer command is a shell with a run-job below it; the inner command says that it was
     * asked to end, and stays.
     */
    async function startNested(
      context: TestContext,
    ): Promise<{ readonly scene: Scene; readonly outer: RunningCommand }> {
      const scene = new Scene(context);
      const stays = '$SIG{TERM} = sub { syswrite STDOUT, "asked\\n" }; syswrite STDOUT, "ready\\n"; sleep 1 while 1';
      const inner = ['/usr/bin/perl', '-e', stays, scene.tag] as const;
      const order = scene.order(inner, { runId: `${scene.runId}/inner` });
      // The real run-job is given its mark by its launcher, bin/run-job.
      const runJob = ['PROCESS_CONTROL_WRAPPER=inner', process.execPath, launchesProgram, order];
      const outer = await scene.start(launcher, ['/bin/sh', '-c', 'env "$@"; true', 'sh', ...runJob]);
      await until(() => scene.stdout().includes('ready') && scene.stdout().includes('launched'));
      return { scene, outer };
    }

    test('is ended by its own run-job, which records the outcome', async (context) => {
      const { scene, outer } = await startNested(context);
      const stopped = outer.stop(60_000);
      await until(() => scene.stdout().includes('asked'));
      await outer.stop(200);
      assert.deepEqual((await stopped).survivors, []);
      assert.deepEqual(scene.alive(), []);
      assert.equal(scene.stdout().match(/asked/g)?.length, 1);
      assert.deepEqual(scene.history().status, { is: 'signalled', signal: 9 });
    });
  });

  test(`a stop also ends what another program started for the run, under the ${name}`, async (context) => {
    const scene = new Scene(context);
    const command = await scene.sh(launcher, 'exec sleep 600');
    const start = (runId: string) =>
      spawn('/bin/sh', ['-c', 'sleep 600; true', scene.tag], {
        env: { PROCESS_CONTROL_RUN_ID: runId },
        stdio: 'ignore',
      });
    const strays = [start(scene.runId), start(`outer/${scene.runId}/inner`)];
    const stranger = start(`${scene.runId}2`);
    const ends = Promise.all(strays.map((stray) => once(stray, 'exit')));
    const { swept } = await command.stop(1000);
    await ends;
    assert.ok(swept >= 3);
    assert.deepEqual(
      scene.alive().map(({ pid }) => pid),
      [stranger.pid],
    );
  });
}

describe('a process that may not be killed', {
  skip: process.getuid?.() === 0 ? false : 'needs root, to start a process of another user',
}, () => {
  for (const [name, places] of [
    ['reaper', {}],
    ['shell', { perlPath: '/nonexistent/perl' }],
  ] as const) {
    test(`is named, and keeps the lock, under the ${name}`, async (context) => {
      const scene = new Scene(context);
      const becomesRoot = path.join(scene.directory, 'becomes-root');
      copyFileSync('/usr/bin/setpriv', becomesRoot);
      chmodSync(becomesRoot, 0o4755);
      chmodSync(scene.directory, 0o755);
      const script = `${becomesRoot} --reuid 0 sh -c "echo ready; sleep 600; true" "$0" & wait`;
      const runJob = playRunJob(context, scene, ['/bin/sh', '-c', script, scene.tag], {
        places,
        graceMs: 0,
        uid: 65_534,
      });
      await once(runJob.stdout ?? runJob, 'data');
      await until(() => scene.alive().some(({ pid }) => commandLineOf(pid).startsWith('sh -c echo')));
      runJob.kill('SIGTERM');
      await once(runJob, 'exit');
      const { survivors } = scene.history();
      assert.ok(survivors.some(({ command }) => command === `sh -c echo ready; sleep 600; true ${scene.tag}`));
      assert.ok(scene.lockIsHeld());
      for (const { pid } of survivors) endProcess(pid);
      await until(() => !scene.lockIsHeld());
    });
  }
});
