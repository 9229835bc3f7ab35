/** What a line of the crontab about all jobs begins with: configuration and service user. By the clock nobody reads stderr, so syslog hears it too. */
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { writeSyslog } from '../../system/own-log/syslog.ts';
import { publicWords } from '../../yaml/audience.ts';
import { say, sayProblems } from './output.ts';
import { becomeServiceUser } from './service-user.ts';
import { loadSetting } from './setting.ts';

export type RoundStart =
  | { readonly is: 'begun'; readonly config: Config }
  | { readonly is: 'over'; readonly exitCode: number };

export async function beginRound(configFile: string | undefined, args: readonly string[]): Promise<RoundStart> {
  const setting = loadSetting(configFile);
  if (!setting.ok) {
    sayProblems(setting.problems);
    await writeSyslog('error', setting.problems.map(publicWords).join('\n'));
    return { is: 'over', exitCode: exitCodes.configuration };
  }
  const config = setting.value;
  const right = await becomeServiceUser(config, 'run-job', args);
  if (right.is === 'done') return { is: 'over', exitCode: right.exitCode };
  if (right.is !== 'refused') return { is: 'begun', config };
  say('run-job', right.words);
  await writeSyslog('error', right.words);
  return { is: 'over', exitCode: exitCodes.notServiceUser };
}
