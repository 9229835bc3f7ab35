/** `jobctl start`: runs jobs now, detached, and says under which id; or waits for them. */
import os from 'node:os';
import type { Config } from '../../config/config.ts';
import { isBroken } from '../../report/job-text.ts';
import { timeText } from '../../report/time-text.ts';
import { newRunId } from '../../run/identity.ts';
import { exitCodes } from '../../run/outcome.ts';
import { pauseWords } from '../../run/pause.ts';
import { clock } from '../../system/clock.ts';
import { startAsOwn, startInBackground } from '../../system/own-program.ts';
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
  const program = { name: 'run-job', args: runArgs(slug, options), more: { [givenRunVariable]: run } } as const;
  if (!options.wait) {
    startInBackground(program);
    tell.print(`${run}\n`);
    return { exitCode: 0, value: { started: true, run } };
  }
  // With --json standard output is for the object alone.
  const child = startAsOwn(program, ['inherit', options.json ? 'ignore' : 'inherit', 'inherit']);
  const exitCode = await new Promise<number>((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal === null ? (code ?? exitCodes.internal) : 128 + os.constants.signals[signal]),
    );
  });
  return { exitCode, value: { started: true, run, exitCode } };
}

function runArgs(slug: string, options: Options): readonly string[] {
  return [
    '--job',
    slug,
    ...(options['slow-start'] ? ['--slow-start'] : []),
    ...(options.config === undefined ? [] : ['--config', options.config]),
  ];
}

function hindranceOf(slug: string, jobs: Jobs): { readonly words: string; readonly code: number } | undefined {
  const job = jobs.snapshot(slug);
  if (job === undefined) return { words: 'is gone', code: exitCodes.usage };
  if (isBroken(job)) return { words: `has an invalid file: ${job.problems[0] ?? ''}`, code: exitCodes.configuration };
  if (job.activity.is === 'running' && job.collisionPolicy === 'CANCEL_NEW')
    return { words: `is running already (run ${job.activity.run ?? 'unknown'})`, code: exitCodes.skipped };
  if (job.paused !== undefined)
    return { words: `is ${pauseWords(job.paused, timeText(hostZone()))}`, code: exitCodes.skipped };
  return undefined;
}
