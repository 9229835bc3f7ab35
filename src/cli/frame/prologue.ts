/**
 * The first steps of every program that acts on jobs: it loads the configuration and becomes the
 * service user. If it can't, it says why on standard error and ends with the exit code that is
 * returned.
 */
import type { Config } from '../../config/config.ts';
import { exitCodes } from '../../run/outcome/outcome.ts';
import { writeSyslog } from '../../system/own-log/syslog.ts';
import { caller } from '../../system/user/caller.ts';
import { publicWords } from '../../yaml/audience.ts';
import { refuse, refuseProblems } from './refuse.ts';
import { becomeServiceUser } from './service-user.ts';
import { loadSetting } from './setting.ts';

export type Opening =
  | { readonly is: 'open'; readonly config: Config }
  /** The program ends: it was refused, or its work was done as the service user. */
  | { readonly is: 'over'; readonly exitCode: number };

export interface Call {
  readonly program: string;
  /** The arguments behind the name of the program. */
  readonly args: readonly string[];
  /** The file that `--config` names. */
  readonly configFile: string | undefined;
  /** `change` is audited, `look` is not. */
  readonly change?: 'change' | 'look';
  /** The standard error of a start by cron is not read, so a refusal goes to syslog, too. */
  readonly refusals?: 'stderr' | 'stderr and syslog';
}

export function openConfig(configFile: string | undefined): Opening {
  const setting = loadSetting(configFile);
  return setting.ok ? { is: 'open', config: setting.value } : over(refuseProblems(setting.problems));
}

export async function openAsServiceUser(call: Call): Promise<Opening> {
  const { program, args, configFile, change = 'change', refusals = 'stderr' } = call;
  const setting = loadSetting(configFile);
  if (!setting.ok) {
    const exitCode = refuseProblems(setting.problems);
    const errors = setting.problems.filter(({ severity }) => severity === 'error');
    if (refusals === 'stderr and syslog') await writeSyslog('error', errors.map(publicWords).join('\n'));
    return over(exitCode);
  }
  const right = await becomeServiceUser(setting.value, program, args, change);
  if (right.is === 'done') return over(right.exitCode);
  if (right.is === 'service-user') return { is: 'open', config: setting.value };
  const exitCode = refuse(program, right.words, exitCodes.notPermitted);
  if (refusals === 'stderr and syslog') await writeSyslog('error', right.words);
  return over(exitCode);
}

/**
 * The first steps of `program [--config FILE]`, which runs start and people don't. It becomes no
 * other user.
 */
export function openBesideRun(program: string, args: readonly string[]): Opening {
  const opened = openConfig(args[0] === '--config' ? args[1] : undefined);
  if (opened.is === 'over' || caller.euid === opened.config.serviceUser.uid) return opened;
  return over(refuse(program, `only ${opened.config.serviceUser.name} may do this`, exitCodes.notPermitted));
}

function over(exitCode: number): Opening {
  return { is: 'over', exitCode };
}
