/** Says whether the crontab of this host says what the job files say. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import {
  type CrontabSync,
  compareFiles,
  compareSteps,
  isInSync,
  syncOfFiles,
  syncOfOwn,
} from '../../crontab/comparison.ts';
import { type CrontabOrder, composeCrontab, composeSteps } from '../../crontab/crontab.ts';
import { lookAtPresent, type PresentFiles } from '../../crontab/files.ts';
import { crontabFrame } from '../../crontab/frame.ts';
import { readOwnCrontab } from '../../crontab/present.ts';
import { files } from '../../system/file/files.ts';
import { caller } from '../../system/user/caller.ts';
import { finished, type Steps } from '../../text/steps.ts';
import { minutesTerm } from './generate.ts';
import { planInstallation } from './install.ts';
import { schedulerAtWork } from './installed.ts';
import { presentOf, schedulerFiles } from './scheduler/files.ts';

type KnownJobs = Pick<CrontabOrder, 'jobs' | 'broken'>;
type Order = Omit<CrontabOrder, 'present'>;

export function crontabSync(config: Config, jobs: KnownJobs): CrontabSync {
  const order = orderOf(config, jobs);
  if (order === undefined) return { is: 'unknown' };
  if (schedulerAtWork(config) !== undefined) return finished(schedulerSteps(order, config));
  return config.embedded ? ownSync(order, config) : syncOfFiles(compareFiles(order, presentFiles(config)));
}

/** Says only whether they are the same, in steps of one job each. */
export function* crontabSyncSteps(config: Config, jobs: KnownJobs): Steps<Pick<CrontabSync, 'is'>> {
  const order = orderOf(config, jobs);
  if (order === undefined) return { is: 'unknown' };
  if (schedulerAtWork(config) !== undefined) return yield* schedulerSteps(order, config);
  if (config.embedded) return ownSync(order, config);
  return { is: isInSync(yield* compareSteps(order, presentFiles(config))) };
}

function orderOf(config: Config, jobs: KnownJobs): Order | undefined {
  const frame = crontabFrame(config, caller.environment);
  const hasNoCrontab = config.outputCrontab === 'console' && !config.embedded && schedulerAtWork(config) === undefined;
  if (!frame.ok || hasNoCrontab) return undefined;
  return { ...frame.value, ...jobs, dueMinutes: minutesTerm };
}

export function presentFiles({ outputCrontab }: Config): PresentFiles {
  return lookAtPresent(files, path.resolve(outputCrontab), caller.euid);
}

/** While job-scheduler is at work its lines count. */
function* schedulerSteps(order: Order, { stateDirectory }: Config): Steps<CrontabSync> {
  const before = schedulerFiles(stateDirectory).crontab();
  const crontab = yield* composeSteps({ ...order, present: presentOf(before) });
  return syncOfOwn(before, crontab.text(), crontab);
}

function ownSync(order: Order, config: Config): CrontabSync {
  const plan = planInstallation('', config.runnerPath);
  if ('reason' in plan) return { is: 'unknown' };
  const crontab = composeCrontab({ ...order, present: readOwnCrontab(plan.before) });
  const wanted = planInstallation(crontab.text(), config.runnerPath);
  return 'reason' in wanted ? { is: 'unknown' } : syncOfOwn(wanted.before, wanted.after, crontab);
}
