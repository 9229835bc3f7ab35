/** Carries out a page on a machine of its own, and returns what differs from the page. */

import { alike } from './alike.ts';
import { type Machines, type Shell, standingCron, usualColumns } from './machine.ts';
import type { Shown, Step } from './page.ts';

export interface Difference {
  readonly line: number;
  readonly message: string;
  /** The output of a session, for `DOCS_UPDATE=1`. */
  readonly command?: Shown;
  readonly printed?: string;
}

export interface Account {
  readonly differences: readonly Difference[];
  /** The blocks that were not run, and why. */
  readonly notRun: readonly string[];
}

export async function carryOut(steps: readonly Step[], machines: Machines): Promise<Account> {
  const differences: Difference[] = [];
  const notRun: string[] = [];
  let shell: Shell | undefined;
  const there = () => {
    shell ??= machines.open('installed');
    return shell;
  };
  try {
    for (const step of steps) {
      if (step.is === 'mistake') differences.push(step);
      else if (step.is === 'not-run') notRun.push(`line ${step.line}: ${step.reason}`);
      else if (step.is === 'scene') {
        await shell?.close();
        shell = machines.open(step.scene);
      } else differences.push(...(await carriedOut(step, there())));
    }
  } finally {
    await shell?.close();
  }
  return { differences, notRun };
}

/**
 * Starts the real cron with a clock that is three seconds before the last minute that ended in 0.
 * run-job gets the same clock when cron starts it, or it would rightly say that no tick is due. The
 * clock is behind, not ahead, so that everything the page does next is later.
 */
const startCron = `
  cat >~/.clock <<'END'
export LD_PRELOAD='/usr/$LIB/faketime/libfaketime.so.1' DONT_FAKE_MONOTONIC=1
END
  echo "export FAKETIME=-$(($(date +%s) % 600 + 3))" >>~/.clock
  sudo install -m 644 ~/.clock /run/clock && rm ~/.clock
  sudo sh -c '
    kill $(cat /run/crond.pid)
    while pgrep -x cron >/dev/null; do sleep 0.1; done
    sed -i "2i [ \\"\\$PROCESS_CONTROL_TRIGGER\\" != cron ] || . /run/clock" $(command -v run-job)
    . /run/clock && exec cron'`;

/** Stops that cron, waits until all that it started has ended, and starts the standing cron. */
const stopCron = `sudo sh -c '
  kill $(cat /run/crond.pid)
  while pgrep -f "^cron|/CRO[N]|--jo[b]" >/dev/null; do sleep 0.1; done
  sed -i "/run.clock/d" $(command -v run-job)'
  sudo sh -c ${JSON.stringify(standingCron).replaceAll('$', '\\$')}`;

type Runnable = Exclude<Step, { is: 'mistake' | 'not-run' | 'scene' }>;

async function carriedOut(step: Runnable, shell: Shell): Promise<readonly Difference[]> {
  switch (step.is) {
    case 'session': {
      const all: Difference[] = [];
      if (step.columns !== undefined) await shell.run(`stty cols ${step.columns}`);
      if (step.until === 'cron') await shell.run(startCron);
      for (const command of step.commands) all.push(...(await asShown(command, shell, step.until === 'cron')));
      if (step.until === 'cron') await shell.run(stopCron);
      if (step.columns !== undefined) await shell.run(`stty cols ${usualColumns}`);
      return all;
    }
    case 'script':
      return succeeded(step.line, step.commands, shell);
    case 'file':
      return succeeded(step.line, [written(step.path, step.text)], shell);
    case 'part':
      return succeeded(step.line, partTried[step.of](step.text), shell);
    default:
      return step satisfies never;
  }
}

async function asShown(command: Shown, shell: Shell, until: boolean): Promise<readonly Difference[]> {
  const endMs = Date.now() + 180_000;
  for (;;) {
    const { output, code } = await shell.run(command.command);
    // A page that has no output yet takes the first output.
    const waits = until && command.output.length === 0;
    if (!waits && alike(command.output, output)) return [];
    const first = waits && code === 0 && output !== '';
    if (!until || first || Date.now() > endMs) {
      const message = `$ ${command.command}\nThe page has:\n${indented(command.output.join('\n'))}\nIt prints:\n${indented(output.trimEnd())}`;
      return [{ line: command.line, message, command, printed: output }];
    }
    await shell.run('sleep 0.3');
  }
}

async function succeeded(line: number, commands: readonly string[], shell: Shell): Promise<readonly Difference[]> {
  for (const command of commands) {
    const { output, code } = await shell.run(command);
    if (code !== 0)
      return [{ line, message: `${command}\nfailed with exit code ${code}:\n${indented(output.trimEnd())}` }];
  }
  return [];
}

/** The command that writes a file: as alice below her home, as root elsewhere. */
function written(file: string, text: string): string {
  const root = file.startsWith('~') ? '' : 'sudo ';
  const here = `cat >~/.block <<'END OF BLOCK'\n${text}END OF BLOCK\n`;
  return `${here}${root}install -D -m 644 ~/.block ${file} && rm ~/.block`;
}

const partTried = {
  job: (text: string) => {
    const rest = [
      /^name:/m.test(text) ? '' : 'name: Part\n',
      /^(command|service):/m.test(text) ? '' : 'command: /bin/true\n',
    ];
    return [written('~/part.yaml', `${rest.join('')}${text}`), 'cron-generate --validate ~/part.yaml'];
  },
  configuration: (text: string) => [
    `sudo mkdir -p /srv/part/jobs`,
    written(
      '/etc/process-control-part.yaml',
      `${/^job_directory:/m.test(text) ? '' : 'job_directory: /srv/part/jobs\n'}output_crontab: console\n${text}`,
    ),
    'sudo cron-generate --config /etc/process-control-part.yaml',
  ],
} as const;

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  | ');
}
