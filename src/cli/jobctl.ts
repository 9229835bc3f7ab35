/**
 * jobctl: shows jobs and services (status, next, why, history, failed, logs, check, fleet, endpoints),
 * controls them (start, stop, restart, pause, resume, snooze, reset), takes hosts of a fleet out and
 * back (host), and makes jobs of crontabs (import).
 */
import type { Config } from '../config/config.ts';
import { lookAs } from '../system/file/as-user.ts';
import { nearest } from '../text/nearest.ts';
import { printAnswer, runProgram } from './frame/output.ts';
import { openAsServiceUser, openConfig } from './frame/prologue.ts';
import { refuse } from './frame/refuse.ts';
import { check } from './jobctl/check.ts';
import { failed } from './jobctl/failed.ts';
import { fleet } from './jobctl/fleet.ts';
import { chooseJobs } from './jobctl/frame/jobs.ts';
import { type Options, parseJobctl } from './jobctl/frame/options.ts';
import { otherCommands } from './jobctl/frame/other-commands.ts';
import { history } from './jobctl/history.ts';
import { logs } from './jobctl/log/logs.ts';
import { next } from './jobctl/next.ts';
import { pause } from './jobctl/pause/pause.ts';
import { resume } from './jobctl/pause/resume.ts';
import { reset } from './jobctl/reset.ts';
import { serviceCommand } from './jobctl/service/service.ts';
import { stopSupervisors } from './jobctl/service/stop-supervisors.ts';
import { start } from './jobctl/start.ts';
import { statusOfAllConfigs } from './jobctl/status/all-configs.ts';
import { status } from './jobctl/status/status.ts';
import { restart, stop } from './jobctl/stop.ts';
import { why } from './jobctl/why.ts';
import { usageError } from './on-demand/options.ts';

const program = 'jobctl';

type Command = (options: Options, config: Config) => Promise<number> | number;

/** `changes`: the command needs the rights of the service user. */
const commands: Readonly<Record<string, { readonly act: Command; readonly changes: boolean }>> = {
  status: { act: status, changes: false },
  failed: { act: failed, changes: false },
  history: { act: history, changes: false },
  logs: { act: logs, changes: false },
  next: { act: next, changes: false },
  why: { act: why, changes: false },
  metrics: { act: loadMetrics, changes: false },
  doctor: { act: loadDoctor, changes: false },
  check: { act: check, changes: false },
  fleet: { act: fleet, changes: false },
  endpoints: { act: noEndpoints, changes: false },
  import: { act: loadImport, changes: false },
  start: { act: start, changes: true },
  stop: { act: stop, changes: true },
  restart: { act: restart, changes: true },
  reset: { act: reset, changes: true },
  pause: { act: pause, changes: true },
  resume: { act: resume, changes: true },
  snooze: { act: notService, changes: true },
  host: { act: loadHost, changes: true },
};

/** A bundle of its own: it sends mails, which the other commands need not load. */
async function loadDoctor(options: Options): Promise<number> {
  const { doctor } = await import('./jobctl/on-demand/doctor.ts');
  return doctor(options);
}

async function loadMetrics(options: Options, config: Config): Promise<number> {
  const { metrics } = await import('./jobctl/on-demand/metrics.ts');
  return metrics(options, config);
}

async function loadImport(options: Options, config: Config): Promise<number> {
  const { importCrontabs } = await import('./jobctl/on-demand/import.ts');
  return importCrontabs(options, config);
}

function noEndpoints(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  return refuse(program, `${chosen.slugs.join(', ')}: only services have endpoints`);
}

async function loadHost(options: Options, config: Config): Promise<number> {
  const { hostCommand } = await import('./jobctl/on-demand/fleet.ts');
  return hostCommand(options, config);
}

function notService(options: Options, config: Config): number {
  const chosen = chooseJobs(options, config, 'refuse');
  if (!chosen.ok) return chosen.exitCode;
  return refuse(program, `${chosen.slugs.join(', ')}: only the probes of services can be snoozed`);
}

export function main(args: readonly string[]): void {
  runProgram(program, args, () => jobctl(args));
}

async function jobctl(written: readonly string[]): Promise<number> {
  const args = written[0] === 'list' ? ['status', ...written.slice(1)] : written;
  const [first = '--help'] = args;
  // Checked first: otherwise the message would be about an option, not the unknown command.
  if (!first.startsWith('-') && commands[first] === undefined)
    return printAnswer(usageError(program, unknownCommand(first)));
  const line = parseJobctl(args.length === 0 ? ['--help'] : args);
  if (line.is === 'answered') return printAnswer(line);
  const [name = '', ...words] = line.words;
  const command = commands[name];
  const wrong = command === undefined ? unknownCommand(name) : tooMany(name, words);
  if (command === undefined || wrong !== undefined) return printAnswer(usageError(program, wrong ?? ''));
  const options = { ...(line.options as unknown as Options), ...namesOf(name, words) };
  const { config: configFile } = options;
  // A broken configuration is what it is asked about.
  if (name === 'doctor') return loadDoctor(options);
  if (options['all-configs']) return statusOfAllConfigs(options);
  const opened = command.changes ? await openAsServiceUser({ program, args, configFile }) : openConfig(configFile);
  if (opened.is === 'over') return opened.exitCode;
  const { config } = opened;
  if (lookingCommands.has(name)) lookAs(config.serviceUser);
  if (options.supervisors) {
    if (options.name === undefined && options.tag === undefined) return stopSupervisors(config);
    return refuse(program, '--supervisors stops every supervisor; leave out the name and --tag');
  }
  const onService = await serviceCommand(name, options, { config, onJob: (one) => command.act(one, config) });
  return onService ?? command.act(options, config);
}

/**
 * The commands that open only files of the service user, or that every user may read. Root runs
 * them without more rights than that.
 */
const lookingCommands: ReadonlySet<string> = new Set(['status', 'failed', 'history', 'logs', 'metrics', 'endpoints']);

/** The commands that take several names. A single name may be an instance of a service. */
const manyNames: ReadonlySet<string> = new Set(['next', 'history', 'failed', 'import']);

function namesOf(command: string, words: readonly string[]): Pick<Options, 'name' | 'names'> {
  if (!manyNames.has(command)) return {};
  const [only] = words;
  if (command !== 'history' || words.length !== 1 || only === undefined) return { names: words };
  return { names: words, name: only };
}

function unknownCommand(name: string): string {
  if (name === '') return 'which command?';
  const advice = Object.hasOwn(otherCommands, name) ? otherCommands[name] : undefined;
  const near = nearest(name, Object.keys(commands));
  const meant = advice ?? (near === undefined ? undefined : `did you mean jobctl ${near}?`);
  return `there is no command "${name}"${meant === undefined ? '' : `; ${meant}`}`;
}

function tooMany(name: string, words: readonly string[]): string | undefined {
  if (words.length === 0 || manyNames.has(name)) return undefined;
  if (name === 'doctor') return `doctor checks the whole host; remove "${words[0]}"`;
  if (name === 'fleet') return `fleet shows all hosts and jobs; remove "${words[0]}"`;
  return `${name} takes one job or a --tag; remove "${words[0]}"`;
}
