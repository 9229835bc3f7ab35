/** The command line of process-control-web, which wins over the key `web` of the configuration. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { basePathPattern } from '../../config/web-schema.ts';
import { type CommandLine, folded, parseCommandLine, usageError } from '../on-demand/options.ts';

export const program = 'process-control-web';

const epilogue = `Exit codes:
  0    ended by a signal that asks it to end (TERM, INT)
  64   wrong usage
  77   started as root, which this program never is
  78   the configuration has problems
  125  it can't listen, or an internal error`;

export interface WebOptions {
  readonly socket?: string | undefined;
  readonly 'base-path'?: string | undefined;
  readonly config?: string | undefined;
  readonly debug?: boolean | undefined;
}

export function parseWebOptions(args: readonly string[]): CommandLine<WebOptions> {
  const line = parseCommandLine<WebOptions>(program, args, (options) =>
    options
      .usage(
        'Usage: $0 [--socket PATH] [--base-path PATH]\n\nServes a page that shows all jobs and changes nothing. It runs in the foreground.',
      )
      .option('socket', {
        type: 'string',
        requiresArg: true,
        describe: 'Unix socket on which it answers (default: web/view.sock in the run directory).',
      })
      .option('base-path', {
        type: 'string',
        requiresArg: true,
        describe: 'Path below which a proxy has put the page, such as /jobs (default: the root).',
      })
      .option('config', { type: 'string', requiresArg: true, describe: 'Use another configuration file.' })
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' })
      .epilogue(folded(epilogue)),
  );
  if (line.is === 'answered') return line;
  const { socket, 'base-path': base } = line.options;
  if (socket === '') return usageError(program, '--socket needs a path');
  if (base !== undefined && !new RegExp(basePathPattern).test(base))
    return usageError(program, '--base-path is a path such as /jobs, without a slash at its end');
  return line;
}

export interface Place {
  readonly socket: string;
  readonly base: string;
}

export function placeOf({ socket, 'base-path': base }: WebOptions, { web, runDirectory }: Config): Place {
  return {
    socket: socket === undefined ? (web.socket ?? path.join(runDirectory, 'web/view.sock')) : path.resolve(socket),
    base: base ?? web.basePath,
  };
}
