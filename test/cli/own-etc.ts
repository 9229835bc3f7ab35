/** A copy of /etc that only one command sees: through sudo a configuration counts only there, and tests leave the real one alone. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const canHaveOwnEtc = spawnSync('unshare', ['--mount', 'true']).status === 0;

export class OwnEtc {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { mode: 0o755 });
    execFileSync('cp', ['-a', '/etc/.', directory]);
    rmSync(path.join(directory, 'process-control.d'), { recursive: true, force: true });
  }

  write(name: string, text: string, mode = 0o644): void {
    writeFileSync(path.join(this.#directory, name), text, { mode });
  }

  copy(name: string, from: string): void {
    copyFileSync(from, path.join(this.#directory, name));
  }

  remove(name: string): void {
    rmSync(path.join(this.#directory, name));
  }

  /** The words of the command, and before them what gives it this /etc. */
  under(command: readonly string[]): readonly string[] {
    return [
      'unshare',
      '--mount',
      '--',
      '/bin/sh',
      '-c',
      'mount --bind "$0" /etc && exec "$@"',
      this.#directory,
      ...command,
    ];
  }
}
