/** What every run of every job pays: run-job from its start to its end, around a command that does nothing. */
import path from 'node:path';
import process from 'node:process';
import { House, isRoot, repository } from '../test/cli/house.ts';
import type { Bench, Command, Row } from './frame/measure.ts';

/** Any V8 flag that the cache was not made with makes V8 reject it. */
const rejectCache = '--no-flush-bytecode';

export function bench(): Bench {
  const house = new House({ nothing: 'name: Nothing\ncommand: /bin/true\n' });
  const { uid, gid } = house.service;
  const identity = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'] : [];
  // Both sides pay for becoming the user.
  const command = (...argv: string[]): Command => ({ argv: [...identity, ...argv] as unknown as Command['argv'] });
  const args = ['--config', house.configFile, '--job', 'nothing'];
  const runJob = command(path.join(repository, 'bin/run-job'), ...args);
  const dist = path.join(repository, 'dist');
  const uncached = command(process.execPath, rejectCache, path.join(dist, 'boot.cjs'), 'run-job', ...args);
  const node = { name: 'node -e 0', ...command(process.execPath, '-e', '0') };
  const lockFile = house.path('run/bench.flock');
  const peers = { name: 'flock + timeout', ...command('flock', '-n', lockFile, 'timeout', '60', '/bin/true') };
  const rows: readonly Row[] = [
    { title: 'run-job of /bin/true', ours: runJob, peer: node, bar: 2, stretch: 1.6 },
    { title: 'run-job of /bin/true, code cache rejected', ours: uncached, peer: node },
    { title: 'run-job of /bin/true', ours: runJob, peer: peers },
  ];
  return { rows, end: () => house.remove() };
}
