/** Says whether the crontab of this host says what the job files say. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { type CrontabSync, compareFiles, syncOfFiles, syncOfOwn } from '../../crontab/comparison.ts';
import { type CrontabOrder, composeCrontab } from '../../crontab/crontab.ts';
import { lookAtPresent } from '../../crontab/files.ts';
import { crontabFrame } from '../../crontab/frame.ts';
import { readOwnCrontab } from '../../crontab/present.ts';
import { files } from '../../system/file/files.ts';
import { caller } from '../../system/user/caller.ts';
import { minutesTerm } from './generate.ts';
import { planInstallation } from './install.ts';
import { schedulerAtWork } from './installed.ts';
import { presentOf, schedulerFiles } from './scheduler/files.ts';

export function crontabSync(config: Config, jobs: Pick<CrontabOrder, 'jobs' | 'broken'>): CrontabSync {
  const frame = crontabFrame(config, caller.environment);
  if (!frame.ok) return { is: 'unknown' };
  const order = { ...frame.value, ...jobs, dueMinutes: minutesTerm };
  if (schedulerAtWork(config) !== undefined) {
    const before = schedulerFiles(config.stateDirectory).crontab();
    const crontab = composeCrontab({ ...order, present: presentOf(before) });
    return syncOfOwn(before, crontab.text(), crontab);
  }
  if (config.outputCrontab === 'console' && !config.embedded) return { is: 'unknown' };
  if (!config.embedded) {
    const there = lookAtPresent(files, path.resolve(config.outputCrontab), caller.euid);
    return syncOfFiles(compareFiles(order, there));
  }
  const plan = planInstallation('', config.runnerPath);
  if ('reason' in plan) return { is: 'unknown' };
  const crontab = composeCrontab({ ...order, present: readOwnCrontab(plan.before) });
  const wanted = planInstallation(crontab.text(), config.runnerPath);
  return 'reason' in wanted ? { is: 'unknown' } : syncOfOwn(wanted.before, wanted.after, crontab);
}
