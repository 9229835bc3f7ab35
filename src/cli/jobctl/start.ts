/** `jobctl start`: runs jobs now, detached, and says under which id; or waits for them. */
import { spawn } from 'node:child_process';
import os from 'node:os';
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { activityOrphans, isBroken } from '../../report/job-text.ts';
import { timeText } from '../../report/time-text.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome.ts';
import { pauseWords } from '../../run/pause.ts';
import { isOutOfReach } from '../../run/process-words.ts';
import { clock } from '../../system/clock.ts';
import { randomUuid } from '../../system/random.ts';
import { hostZone } from '../../system/zone.ts';
import { givenRunVariable } from '../parts/run-named.ts';
import type { Jobs } from '../parts/snapshots.ts';
import { type Act, actOnEach, type Deed } from './act.ts';
import type { Options } from './options.ts';

export function start(options: Options, config: Config): Promise<number> {
  return actOnEach(options, config, startJob);
}

/** What can be seen now is said at once; what happens a moment later stands in the history of the run whose id is printed. */
export async function startJob(slug: string, { options, jobs, tell }: Act): Promise<Deed> {
  const hindrance = hindranceOf(slug, jobs);
  if (hindrance !== undefined) {
    const { words, code } = hindrance;
    tell.say(`${slug} ${words}`);
    return { exitCode: code, value: { started: false, reason: words } };
  }
  const run = newRunId(clock.nowMs(), randomUuid());
  const child = launch(slug, run, options);
  if (!options.wait) {
    child.unref();
    tell.print(`${run}\n`);
    return { exitCode: 0, value: { started: true, run } };
  }
  const exitCode = await new Promise<number>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? exitCodes.internal) : 128 + os.constants.signals[signal]),
    );
  });
  return { exitCode, value: { started: true, run, exitCode } };
}

/** The same node and bundle loader as this program, in a session of its own: it outlives the terminal. */
function launch(slug: string, run: string, options: Options) {
  const args = [
    '--job',
    slug,
    ...(options['slow-start'] ? ['--slow-start'] : []),
    ...(options.config === undefined ? [] : ['--config', options.config]),
  ];
  // With --json standard output is for the object alone.
  const waiting = ['inherit', options.json ? 'ignore' : 'inherit', 'inherit'] as const;
  return spawn(process.execPath, [process.argv[1] ?? '', 'run-job', ...args], {
    detached: !options.wait,
    stdio: options.wait ? [...waiting] : 'ignore',
    cwd: '/',
    env: { ...process.env, PROCESS_CONTROL_WRAPPER: randomUuid(), [givenRunVariable]: run },
  });
}

function hindranceOf(slug: string, jobs: Jobs): { readonly words: string; readonly code: number } | undefined {
  const job = jobs.snapshot(slug);
  if (job === undefined) return { words: 'is gone', code: exitCodes.usage };
  if (isBroken(job)) return { words: `has an invalid file: ${job.problems[0] ?? ''}`, code: exitCodes.configuration };
  if (job.activity.is === 'running' && job.collisionPolicy === 'CANCEL_NEW')
    return { words: `is running already (run ${job.activity.run ?? 'unknown'})`, code: exitCodes.skipped };
  if (
    job.activity.is === 'orphaned' &&
    job.collisionPolicy === 'CANCEL_NEW' &&
    isOutOfReach(job.activity.processes ?? [])
  )
    return { words: `can't start: ${activityOrphans(job.activity)}`, code: exitCodes.skipped };
  if (job.paused !== undefined)
    return { words: `is ${pauseWords(job.paused, timeText(hostZone()))}`, code: exitCodes.skipped };
  return undefined;
}
