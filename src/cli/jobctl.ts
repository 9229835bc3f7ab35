/** jobctl: what operators ask and do: status, start, stop, pause, resume, history, logs. */
import type { Config } from '../config/config.ts';
import { exitCodes } from '../run/outcome.ts';
import { chooseJobs } from './jobctl/jobs.ts';
import { logs } from './jobctl/logs.ts';
import { history, status } from './jobctl/look.ts';
import { type Options, parseJobctl } from './jobctl/options.ts';
import { pause, resume } from './jobctl/pause.ts';
import { serviceCommand } from './jobctl/service.ts';
import { start } from './jobctl/start.ts';
import { stop } from './jobctl/stop.ts';
import { usageError } from './options.ts';
import { print, runProgram, say, sayLines, sayProblems } from './parts/output.ts';
import { becomeServiceUser } from './parts/service-user.ts';
import { loadSetting } from './parts/setting.ts';

const program = 'jobctl';

type Command = (options: Options, config: Config) => Promise<number> | number;

/** Whether a command needs the rights of the service user, or only looks. */
const commands: Readonly<Record<string, { readonly act: Command; readonly changes: boolean }>> = {
  status: { act: status, changes: false },
  history: { act: history, changes: false },
  logs: { act: logs, changes: false },
  start: { act: start, changes: true },
  stop: { act: stop, changes: true },
  pause: { act: pause, changes: true },
  resume: { act: resume, changes: true },
  restart: { act: notService, changes: true },
  reset: { act: notService, changes: true },
  snooze: { act: notService, changes: true },
};

function notService(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  say(program, `${chosen.slugs.join(', ')}: only services can be restarted, reset and snoozed`);
  return exitCodes.usage;
}

export function main(args: readonly string[]): void {
  runProgram(program, args, () => jobctl(args));
}

async function jobctl(args: readonly string[]): Promise<number> {
  const line = parseJobctl(args.length === 0 ? ['--help'] : args);
  if (line.is === 'answered') {
    if (line.exitCode === 0) print(line.text);
    else sayLines(line.text);
    return line.exitCode;
  }
  const options: Options = line.options as unknown as Options;
  const name = String(options._[0] ?? '');
  const command = commands[name];
  if (command === undefined) {
    sayLines(
      usageError(program, options._[0] === undefined ? 'which command?' : `there is no command "${options._[0]}"`).text,
    );
    return exitCodes.usage;
  }
  const setting = loadSetting(options.config);
  if (!setting.ok) {
    sayProblems(setting.problems);
    return exitCodes.configuration;
  }
  if (command.changes) {
    const right = await becomeServiceUser(setting.value, program, args);
    if (right.is === 'done') return right.exitCode;
    if (right.is === 'refused') {
      say(program, right.words);
      return exitCodes.notServiceUser;
    }
  }
  const config = setting.value;
  const onService = await serviceCommand(name, options, { config, onJob: (one) => command.act(one, config) });
  return onService ?? command.act(options, config);
}
