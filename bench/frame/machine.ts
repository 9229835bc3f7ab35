/** The circumstances of a measurement, without which its times mean nothing. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import process from 'node:process';

/** The machine and the versions, as one sentence. */
export function machine(root: string): string {
  const cores = os.cpus();
  const processor = cores[0]?.model.trim() ?? 'an unknown processor';
  const commit = spawnSync('git', ['-C', root, 'describe', '--always', '--dirty'], { encoding: 'utf8' }).stdout.trim();
  const parts = [
    systemName(),
    `Linux ${os.release().split('-')[0]}`,
    `Node ${process.versions.node}`,
    `${cores.length} cores of ${processor}`,
    `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    `commit ${commit || 'unknown'}`,
  ];
  return parts.join(', ');
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="([^"]+)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'an unknown system';
  } catch {
    return 'an unknown system';
  }
}

/** The mean number of processes that ran or wanted to in the last minute. */
export function load(): string {
  return (os.loadavg()[0] ?? 0).toFixed(1);
}
