/**
 * Asks Debian's `crontab -n`, which reads a crontab as cron does and installs nothing, where there
 * is such a program.
 */
import { spawnSync } from 'node:child_process';
import type { CronReader } from '../types/cron.ts';

export const cronReader: CronReader = { objection };

const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * cronie's `crontab -n` is another thing, which sets the host of a cluster, so the usage text is
 * asked first.
 */
function objection(text: string): string | undefined {
  const usage = spawnSync('crontab', ['-h'], { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (!/-n\s+\(dry run/.test(`${usage.stdout}${usage.stderr}`)) return undefined;
  const verdict = spawnSync('crontab', ['-n', '-'], { env: environment, encoding: 'utf8', input: text });
  // Other failures (no right to use crontab, no spool directory) say nothing about the text.
  if (verdict.status === 0 || !/errors in crontab file|missing newline|crontab is too long/.test(verdict.stderr))
    return undefined;
  return verdict.stderr.trim().split('\n').join('; ');
}
