/** The options of cron-generate, and which of them go together. */

import { defined } from '../../text/defined.ts';
import type { GenerateOptions } from '../crontab/generate.ts';
import { type CommandLine, folded, parseCommandLine, usageError } from './options.ts';

export type CronGenerateLine =
  | { readonly is: 'generate'; readonly options: GenerateOptions }
  | {
      readonly is: 'export';
      readonly target: 'kubernetes';
      /** Keys whose loss is allowed. */
      readonly allowLoss: readonly string[];
      readonly json: boolean;
      readonly config?: string;
    }
  | {
      readonly is: 'export';
      readonly target: 'systemd';
      readonly directory?: string;
      readonly check: boolean;
      readonly detailedExitcode: boolean;
      readonly json: boolean;
      readonly config?: string;
    }
  | { readonly is: 'validate'; readonly files: readonly string[]; readonly json: boolean; readonly config?: string }
  | Extract<CommandLine<never>, { is: 'answered' }>;

const epilogue = `Exit codes:
  0   done, changed or not
  1   a job has problems: its last good line is kept, all other lines are written
  2   would change (--check), or changed (--detailed-exitcode)
  64  wrong usage
  77  not allowed to write the crontab; nothing was written
  78  the configuration or the present file has problems; nothing was written

Files:
  /etc/process-control.yaml, /etc/process-control.d/*.yaml
  /var/lib/process-control/*.yaml   one file per job
  /etc/cron.d/process-control       the crontab that is written`;

function parse(program: string, args: readonly string[]) {
  return parseCommandLine(program, args, (empty) =>
    empty
      .usage('Usage: $0 [options]\n       $0 --validate FILE...\n\nWrite the crontab of all jobs.')
      .demandCommand(0, Number.POSITIVE_INFINITY)
      .option('check', { type: 'boolean', describe: 'Write nothing; exit with 2 if anything would change.' })
      .option('diff', { type: 'boolean', describe: 'Write nothing; show the lines that would change.' })
      .option('plan', {
        type: 'boolean',
        describe:
          'Write nothing; show which runs appear, vanish or move in the next 7 days and at the next clock changes.',
      })
      .option('validate', {
        type: 'boolean',
        describe: 'Only check these job files, wherever they are; - is standard input.',
        conflicts: ['check', 'diff', 'plan', 'output', 'adopt', 'detailed-exitcode'],
      })
      .option('detailed-exitcode', { type: 'boolean', describe: 'Exit with 2 when the crontab was changed.' })
      .option('json', { type: 'boolean', describe: 'Print one JSON object: changed, comment, jobs, problems.' })
      .option('output', {
        type: 'string',
        requiresArg: true,
        describe: 'Write this file instead of output_crontab; - is standard output.',
      })
      .option('adopt', { type: 'boolean', describe: 'Replace a crontab that cron-generate did not write.' })
      .option('install', {
        type: 'boolean',
        describe: 'Without root: add the jobs to your own crontab (crontab -l) and keep its other lines.',
        conflicts: ['uninstall', 'output', 'plan', 'adopt', 'validate'],
      })
      .option('uninstall', {
        type: 'boolean',
        describe: 'Remove from your own crontab what --install added.',
        conflicts: ['output', 'plan', 'adopt', 'validate'],
      })
      .option('target', {
        type: 'string',
        requiresArg: true,
        describe:
          'cron; systemd: print timers instead, or write them to the directory --output; kubernetes: print CronJobs and Deployments for kubectl apply -f -.',
      })
      .option('allow-loss', {
        type: 'string',
        requiresArg: true,
        describe: 'With --target kubernetes: keys that may be left out, with commas between them.',
        implies: 'target',
      })
      .option('config', { type: 'string', requiresArg: true, describe: 'Use another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' })
      .epilogue(folded(epilogue)),
  );
}

export function readOptions(program: string, args: readonly string[]): CronGenerateLine {
  const line = parse(program, args);
  if (line.is === 'answered') return line;
  const { options, words } = line;
  const refuse = (message: string) => usageError(program, message);
  const config = options.config === undefined ? {} : { config: options.config };
  if (options.config === '' || options.output === '') return refuse('The name of a file is missing');
  if (options.validate) {
    if (words.length === 0) return refuse('--validate needs at least one file');
    return { is: 'validate', files: words, json: options.json === true, ...config };
  }
  const { target = 'cron' } = options;
  if (target !== 'cron' && target !== 'kubernetes' && target !== 'systemd')
    return refuse(`--target is cron, systemd or kubernetes, not ${target}`);
  if (target === 'systemd') return timersLine(options, { words, refuse, config });
  if (target === 'kubernetes') return exportLine(options, { words, refuse, config });
  if (options['allow-loss'] !== undefined) return refuse('--allow-loss goes with --target kubernetes');
  if (words.length > 0) return refuse(`Unknown argument: ${words[0]}`);
  const { check = false, diff = false, plan = false, json = false, adopt = false, output } = options;
  if (output === '-' && (check || diff || plan))
    return refuse('--check, --diff and --plan compare with a file, not with -');
  const detailedExitcode = options['detailed-exitcode'] === true;
  const install = options.install ? 'in' : options.uninstall ? 'out' : undefined;
  const asked = {
    ...{ check, diff, plan, json, adopt, detailedExitcode },
    ...(install !== undefined && ({ install } as const)),
    ...defined({ output }),
    ...config,
  };
  return { is: 'generate', options: asked };
}

/** The options that are about a crontab. */
const ofCrontabs = ['check', 'diff', 'plan', 'adopt', 'install', 'uninstall', 'detailed-exitcode'] as const;

interface Rest {
  readonly words: readonly string[];
  readonly config: { readonly config?: string };
  refuse(message: string): CronGenerateLine;
}

function exportLine(options: Readonly<Record<string, unknown>>, { words, refuse, config }: Rest): CronGenerateLine {
  const wrong = ofCrontabs.find((name) => options[name] === true);
  if (wrong !== undefined) return refuse(`--${wrong} goes with the crontab, not with --target kubernetes`);
  if (options.output !== undefined && options.output !== '-')
    return refuse('--target kubernetes prints on standard output: cron-generate --target kubernetes > FILE');
  if (words.length > 0) return refuse(`Unknown argument: ${words[0]}`);
  const allowLoss = String(options['allow-loss'] ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  return { is: 'export', target: 'kubernetes', allowLoss, json: options.json === true, ...config };
}

function timersLine(options: Readonly<Record<string, unknown>>, { words, refuse, config }: Rest): CronGenerateLine {
  const wrong = ofCrontabs.find((name) => name !== 'check' && name !== 'detailed-exitcode' && options[name] === true);
  if (wrong !== undefined) return refuse(`--${wrong} goes with the crontab, not with --target systemd`);
  if (options['allow-loss'] !== undefined) return refuse('--allow-loss goes with --target kubernetes');
  if (words.length > 0) return refuse(`Unknown argument: ${words[0]}`);
  const directory = options.output === '-' ? undefined : (options.output as string | undefined);
  const [check, detailedExitcode] = [options.check === true, options['detailed-exitcode'] === true];
  if (check && directory === undefined) return refuse('--check compares with a directory: --output DIRECTORY');
  const asked = { ...defined({ directory }), check, detailedExitcode, json: options.json === true };
  return { is: 'export', target: 'systemd', ...asked, ...config };
}
