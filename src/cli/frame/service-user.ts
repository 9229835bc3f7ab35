/**
 * Lets only the service user run and change jobs: the service user goes on, root becomes the
 * service user, other callers are refused.
 */
import process from 'node:process';
import type { Config } from '../../config/config.ts';
import { runIdVariable } from '../../run/world/world.ts';
import { isOrphaned, runAgainAs } from '../../system/user/become.ts';
import { caller } from '../../system/user/caller.ts';
import { PrintableStream } from '../../text/printable.ts';
import { shellWord } from '../../text/shell-word.ts';
import { say } from './output.ts';

export type Right =
  | { readonly is: 'service-user' }
  /** The program ran as the service user in a process of its own and ended with this code. */
  | { readonly is: 'done'; readonly exitCode: number }
  | { readonly is: 'refused'; readonly words: string };

/** `change` is audited when a person asks for it. */
export async function becomeServiceUser(
  { serviceUser, searchPath, passEnvironment, embedded }: Config,
  program: string,
  args: readonly string[],
  change: 'change' | 'look' = 'change',
): Promise<Right> {
  const { uid, euid } = caller;
  if (uid === serviceUser.uid && euid === uid) {
    // Root's process was killed before it could pass on a signal: end as if it had.
    if (isOrphaned()) return { is: 'done', exitCode: 143 };
    // Everybody may read status and history, whatever umask cron, sudo or root's shell has. A
    // process-control of a user's own keeps that user's umask.
    if (!embedded) process.umask(0o022);
    if (change === 'change' && asksHere(program)) await audit(program, args);
    return { is: 'service-user' };
  }
  if (uid === 0 && euid === 0) {
    if (change === 'change') await audit(program, args);
    const harmless = () => new PrintableStream('live');
    const again = { program, args, searchPath, passEnvironment, harmless, say: (words: string) => say(program, words) };
    return { is: 'done', exitCode: await runAgainAs(serviceUser, again) };
  }
  const command = [program, ...args].map(shellWord).join(' ');
  return {
    is: 'refused',
    words: `only ${serviceUser.name} and root may do this; try: sudo -u ${serviceUser.name} ${command}`,
  };
}

/**
 * True if a person asks as the service user: neither behind root's process, which has audited the
 * change already, nor started by the clock, by another of our programs or by a job. Through sudo it
 * is a person, whatever the variables say.
 */
function asksHere(program: string): boolean {
  const { SUDO_USER, PROCESS_CONTROL_PARENT, PROCESS_CONTROL_TRIGGER, PROCESS_CONTROL_GIVEN_RUN } = caller.environment;
  if (PROCESS_CONTROL_PARENT !== undefined || PROCESS_CONTROL_GIVEN_RUN !== undefined) return false;
  const isPartOfJob = program === 'run-job' && caller.environment[runIdVariable] !== undefined;
  return SUDO_USER !== undefined || !(PROCESS_CONTROL_TRIGGER === 'cron' || isPartOfJob);
}

async function audit(program: string, args: readonly string[]): Promise<void> {
  const { auditChange } = await import('../on-demand/audit.ts');
  await auditChange(program, args);
}
