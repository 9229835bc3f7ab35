/** Another revision of this repository, built beside it, whose commands take the place of the peers. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Command } from './measure.ts';

export interface Revision {
  readonly name: string;
  /** The same command of that revision. */
  command(ours: Command): Command;
  remove(): void;
}

/** Throws when git does not know it or it can't be built. */
export function buildRevision(root: string, name: string): Revision {
  // Root's programs refuse a directory below /tmp, and the service user must be able to read it.
  const parent = mkdtempSync('/var/lib/pc-bench-revision-');
  const tree = path.join(parent, 'tree');
  const must = (file: string, ...args: readonly string[]) => {
    const { status, stderr } = spawnSync(file, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${[file, ...args].join(' ')}: ${stderr.trim()}`);
  };
  const remove = () => {
    spawnSync('git', ['worktree', 'remove', '--force', tree], { cwd: root });
    rmSync(parent, { recursive: true, force: true });
  };
  try {
    must('chmod', '755', parent);
    must('git', 'worktree', 'add', '--quiet', '--detach', tree, name);
    must('npm', 'ci', '--silent', '--prefix', tree);
  } catch (error) {
    remove();
    throw error;
  }
  const moved = (word: string) => (word.startsWith(`${root}/`) ? path.join(tree, word.slice(root.length)) : word);
  return {
    name,
    command: ({ argv, ...rest }) => ({ ...rest, argv: argv.map(moved) as unknown as Command['argv'] }),
    remove,
  };
}
