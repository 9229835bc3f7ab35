/**
 * Checks a crontab with Debian's `crontab -n`, if the host has it: it reads a crontab as cron does
 * and installs nothing.
 */
import { spawnSync } from 'node:child_process';
import type { CronReader } from '../types/cron.ts';

export const cronReader: CronReader = { problemIn };

const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

/**
 * The problem that cron finds; `undefined` when there is none or cron can't be asked. The usage
 * text is checked first, because cronie's `crontab -n` sets the host of a cluster.
 */
function problemIn(text: string): string | undefined {
  const usage = spawnSync('crontab', ['-h'], { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (!/-n\s+\(dry run/.test(`${usage.stdout}${usage.stderr}`)) return undefined;
  const check = spawnSync('crontab', ['-n', '-'], { env: environment, encoding: 'utf8', input: text });
  // Other failures (no right to use crontab, no spool directory) say nothing about the text.
  if (check.status === 0 || !/errors in crontab file|missing newline|crontab is too long/.test(check.stderr))
    return undefined;
  return check.stderr.trim().split('\n').join('; ');
}
