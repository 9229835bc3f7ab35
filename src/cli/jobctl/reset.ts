/**
 * `jobctl reset`: an operator has dealt with the failures of a job. They are counted from 0 again,
 * and the pause that they led to ends.
 */
import type { Config } from '../../config/config.ts';
import { isCircuit, isWritten, readPauses, removePause } from '../../run/pause/pause.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { type Act, actOnEach } from './frame/act.ts';
import { type ActResult, notDone } from './frame/answers.ts';
import type { Options } from './frame/options.ts';
import { recordSteering } from './frame/record.ts';

export function reset(options: Options, config: Config): Promise<number> {
  return actOnEach(options, config, resetJob);
}

async function resetJob(slug: string, { options, config, jobs, answers }: Act): Promise<ActResult> {
  const files = stateFiles(config.stateDirectory);
  const job = jobs.snapshot(slug);
  const failures = job === undefined ? 0 : job.streak.failures;
  const circuit = readPauses(files)
    .filter(isWritten)
    .find((pause) => 'job' in pause.target && pause.target.job === slug && isCircuit(pause));
  const removed = circuit === undefined ? undefined : removePause(files, circuit.target);
  if (removed?.ok === false) {
    answers.say(`${slug}: the pause could not be ended: ${removed.reason}`);
    return { exitCode: notDone, value: { reset: false, reason: removed.reason } };
  }
  recordSteering([slug], { action: 'reset' }, options, config);
  const forgotten = failures === 1 ? '1 failure' : `${failures} failures`;
  answers.print(`${slug} reset: ${forgotten} in a row forgotten${circuit === undefined ? '' : ', its pause ended'}\n`);
  return { exitCode: 0, value: { reset: true, failures, resumed: circuit !== undefined } };
}
