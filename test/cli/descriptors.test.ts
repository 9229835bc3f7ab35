/** What outlives the command that started it has none of that command's descriptors: no lock or pipe of a deployment is held by a service. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { isRoot, repository, until } from './house.ts';
import { ServiceHouse } from './serving.ts';

const numbers = [3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 17, 63, 64, 200, 1023, 4000];
/** Perl: has descriptor 3 under each of these numbers, and under no other, and becomes the command. */
const spread = `use POSIX; $^F = 9999; my @to = split /,/, shift;
  POSIX::dup2(3, $_) // die "$_: $!" for @to; grep { $_ == 3 } @to or POSIX::close(3); exec @ARGV`;

describe('what outlives its starter', { skip: existsSync('/usr/bin/perl') ? false : 'needs perl' }, () => {
  let house: ServiceHouse;
  const gate = () => house.path('play/gate');
  before(() => {
    house = new ServiceHouse(
      {
        web: 'name: Web\ncommand: SERVES\nservice: true\nmin_uptime: 0\n',
        ensured: 'name: Ensured\ncommand: SERVES\nservice: true\nmin_uptime: 0\n',
      },
      { config: 'log_retention: {runs: 1}' },
    );
    house.job('wait', `name: Wait\ncommand: sh -c 'while [ ! -e ${gate()} ]; do sleep 0.1; done'\n`);
    house.job('fail', 'name: Fail\ncommand: /bin/false\nnotify: [webhook: "http://127.0.0.1:1/"]\n');
  });
  after(async () => {
    writeFileSync(gate(), '');
    await house.end();
  });

  /** The program, with a pipe under these numbers; resolves when no process has it any more, nor the program's stdout and stderr. */
  async function letsGo(program: string, args: readonly string[], { fds, as }: Given): Promise<void> {
    const { uid, gid } = house.service;
    const identity = isRoot && as === 'service' ? [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups'] : [];
    const words = ['/usr/bin/perl', '-e', spread, fds.join(','), path.join(repository, 'bin', program), ...args];
    const child = spawn('/bin/sh', ['-c', 'ulimit -n 8192; exec setpriv "$@"', 'sh', ...identity, '--', ...words], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_CONFIG: house.configFile },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    for (const stream of child.stdio) (stream as Readable | null)?.resume();
    await once(child, 'close', { signal: AbortSignal.timeout(60_000) });
  }

  const callers = isRoot ? (['service', 'root'] as const) : (['service'] as const);
  for (const as of callers) {
    const rows: readonly (readonly [string, string, readonly string[]])[] = [
      ['the supervisor of a service that is started', 'jobctl', ['start', 'web']],
      ['the supervisor of a service that is restarted', 'jobctl', ['restart', 'web']],
      ['the supervisor that cron ensures', 'run-job', ['--ensure']],
      ['a run in the background', 'jobctl', ['start', 'wait']],
      ['what delivers notices and prunes logs', 'run-job', ['fail']],
    ];
    for (const [title, program, args] of rows) {
      test(`${title} has nothing of its starter, called by ${as}`, async () => {
        for (const slug of ['web', 'ensured', 'wait']) await house.run('jobctl', ['stop', slug]);
        const before = args[0] === '--ensure' ? await orphan('ensured') : 0;
        await letsGo(program, args, { fds: numbers, as });
        if (args[1] === 'web') await house.untilUp('web');
        if (args[1] === 'wait') await untilItRuns();
        if (before !== 0) await until('another supervisor', async () => (await house.supervisor('ensured')) !== before);
      });
    }
  }
  // One behind a gap is what Node itself does not see.
  for (const number of [9, 15, 16, 64, 4000]) {
    test(`a run in the background does not have descriptor ${number} alone`, async () => {
      await house.run('jobctl', ['stop', 'wait']);
      await letsGo('jobctl', ['start', 'wait'], { fds: [number], as: 'service' });
      await untilItRuns();
    });
  }
  const untilItRuns = () =>
    until('the run', async () => (await house.run('run-job', ['--status', '--only-running'])).stdout.includes('wait'));

  /** A service that is wanted up and has lost its supervisor, whose number this was. */
  async function orphan(slug: string): Promise<number> {
    await house.run('jobctl', ['start', slug]);
    await house.untilUp(slug);
    const pid = await house.supervisor(slug);
    process.kill(pid, 'SIGKILL');
    await until('its end', () => !existsSync(`/proc/${pid}`));
    return pid;
  }
});

interface Given {
  readonly fds: readonly number[];
  readonly as: 'root' | 'service';
}
