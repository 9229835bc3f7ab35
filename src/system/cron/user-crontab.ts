/** The caller's own crontab, through crontab(1), the only way that users have. */
import { spawnSync } from 'node:child_process';
import type { Refusal, UserCrontab } from '../types/cron.ts';

const environment = { PATH: '/usr/bin:/bin:/usr/local/bin', LC_ALL: 'C' };
const limitBytes = 64 * 1024 * 1024;

export const userCrontab: UserCrontab = {
  read() {
    const answer = crontab(['-l']);
    if ('refusal' in answer) return { is: 'refused', ...answer.refusal };
    if (answer.status === 0) return { is: 'text', text: answer.stdout.toString('latin1') };
    // The words of vixie cron and cronie, and of busybox.
    if (/no crontab for |can't open '[^']*': No such file/i.test(answer.words)) return { is: 'none' };
    return { is: 'refused', ...refusalOf('crontab -l', answer.words) };
  },
  write: (text) => change(['-'], Buffer.from(text, 'latin1')),
  remove: () => change(['-r']),
};

function change(args: readonly string[], input?: Buffer): Refusal | undefined {
  const answer = crontab(args, input);
  if ('refusal' in answer) return answer.refusal;
  return answer.status === 0 ? undefined : refusalOf(`crontab ${args.join(' ')}`, answer.words);
}

function refusalOf(command: string, words: string): Refusal {
  const denied = /not allowed|not permitted|permission denied|must be privileged/i.test(words);
  const advice = denied ? '; who may have a crontab stands in /etc/cron.allow and /etc/cron.deny' : '';
  return { denied, reason: `${command}: ${words}${advice}` };
}

interface Answer {
  readonly status: number | null;
  readonly stdout: Buffer;
  /** Its standard error in one line. */
  readonly words: string;
}

function crontab(args: readonly string[], input?: Buffer): Answer | { readonly refusal: Refusal } {
  const { status, stdout, stderr, error } = spawnSync('crontab', args, {
    env: environment,
    timeout: 60_000,
    maxBuffer: limitBytes,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input !== undefined && { input }),
  });
  if (error !== undefined) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'there is no crontab(1) on this host: install cron' : error.message;
    return { refusal: { denied: false, reason } };
  }
  const words = stderr
    .toString('utf8')
    .trim()
    .split(/\s*\n\s*/)
    .join('; ');
  return { status, stdout, words: words === '' ? `exit code ${status}` : words };
}
