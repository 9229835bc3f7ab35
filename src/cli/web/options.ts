/** The command line of process-control-web, which wins over the key `web` of the configuration. */
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import { basePathPattern, listenPattern } from '../../config/web-schema.ts';
import { defined } from '../../text/defined.ts';
import { type CommandLine, folded, parseCommandLine, usageError } from '../on-demand/options.ts';

export const program = 'process-control-web';

const epilogue = `Exit codes:
  0    ended by a signal that asks it to end (TERM, INT, HUP)
  64   wrong usage
  77   started as root, which this program never is
  78   the configuration or the file of tokens has problems
  125  it can't listen, or an internal error`;

export interface WebOptions {
  readonly socket?: string | undefined;
  readonly 'proxy-socket'?: string | undefined;
  readonly listen?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly 'base-path'?: string | undefined;
  readonly confine?: string | undefined;
  readonly config?: string | undefined;
  readonly debug?: boolean | undefined;
}

const texts = {
  socket:
    'Unix socket on which it answers (default: web/view.sock in the run directory; under systemd view.sock in its RuntimeDirectory).',
  'proxy-socket': 'Unix socket for a proxy that logs readers in and names them in X-Remote-User.',
  listen: 'Address and port for TCP, instead of the Unix socket; needs --token-file.',
  'token-file': 'File with the tokens that open the page over TCP, one a line.',
  'base-path': 'Path below which a proxy has put the page, such as /jobs (default: the root).',
  confine:
    'Directory of its sockets: node then lets it write nowhere else and start no program. It is the first argument, --confine=DIR.',
  config: 'Use another configuration file.',
} as const;

export function parseWebOptions(args: readonly string[]): CommandLine<WebOptions> {
  const line = parseCommandLine<WebOptions>(program, args, (options) => {
    const usage = `Usage: $0 [--confine=DIR] [--socket PATH] [--proxy-socket PATH] [--base-path PATH]
$0 --listen HOST:PORT --token-file FILE [--base-path PATH]

Serves a page that shows all jobs and changes nothing. It runs in the foreground.`;
    const withTexts = Object.entries(texts).reduce(
      (all, [name, describe]) => all.option(name, { type: 'string', requiresArg: true, describe }),
      options.usage(usage),
    );
    return withTexts
      .option('debug', { type: 'boolean', describe: 'Show where an internal error came from.' })
      .epilogue(folded(epilogue));
  });
  return line.is === 'answered' ? line : (problemOf(line.options) ?? line);
}

function problemOf(options: WebOptions) {
  const { listen, 'base-path': base } = options;
  const empty = (['socket', 'proxy-socket', 'token-file'] as const).find((name) => options[name] === '');
  if (empty !== undefined) return usageError(program, `--${empty} needs a path`);
  if (base !== undefined && !new RegExp(basePathPattern).test(base))
    return usageError(program, '--base-path is a path such as /jobs, without a slash at its end');
  if (listen !== undefined && !new RegExp(listenPattern).test(listen))
    return usageError(program, '--listen is an address and a port, such as 127.0.0.1:8080');
  return undefined;
}

export interface Place {
  readonly socket?: string;
  readonly proxySocket?: string;
  readonly tcp?: { readonly host: string; readonly port: number };
  readonly tokenFile?: string;
  readonly base: string;
}

/** The page has a Unix socket unless only TCP is asked for. `ownRuntime` is the directory that systemd has made for it, if it has. */
export function placeOf(options: WebOptions, { web, runDirectory }: Config, ownRuntime?: string): Place {
  const resolved = (given: string | undefined) => (given === undefined ? undefined : path.resolve(given));
  const listen = options.listen ?? web.listen;
  const usual = listen === undefined ? path.join(ownRuntime ?? path.join(runDirectory, 'web'), 'view.sock') : undefined;
  return {
    base: options['base-path'] ?? web.basePath,
    ...defined({
      socket: resolved(options.socket) ?? web.socket ?? usual,
      proxySocket: resolved(options['proxy-socket']) ?? web.proxySocket,
      tcp: listen === undefined ? undefined : addressOf(listen),
      tokenFile: resolved(options['token-file']) ?? web.tokenFile,
    }),
  };
}

function addressOf(listen: string) {
  const at = listen.lastIndexOf(':');
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) };
}
