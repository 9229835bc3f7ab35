/** Only the service user runs and changes jobs: it goes on, root becomes it, anybody else is refused. */
import type { Config } from '../../config/config.ts';
import { isOrphaned, runAgainAs } from '../../system/become.ts';
import { caller } from '../../system/caller.ts';
import { say } from './output.ts';

export type Right =
  | { readonly is: 'service-user' }
  /** The program ran as the service user in a process of its own and ended with this code. */
  | { readonly is: 'done'; readonly exitCode: number }
  | { readonly is: 'refused'; readonly words: string };

export async function becomeServiceUser(
  { serviceUser, searchPath, passEnvironment }: Config,
  program: string,
  args: readonly string[],
): Promise<Right> {
  const { uid, euid } = caller;
  if (uid === serviceUser.uid && euid === uid) {
    // Root's process was killed before this one could be told: as if it had been told.
    return isOrphaned() ? { is: 'done', exitCode: 143 } : { is: 'service-user' };
  }
  if (uid === 0 && euid === 0) {
    const again = { program, args, searchPath, passEnvironment, say: (words: string) => say(program, words) };
    return { is: 'done', exitCode: await runAgainAs(serviceUser, again) };
  }
  const command = [program, ...args].join(' ');
  return { is: 'refused', words: `only ${serviceUser.name} may do this; try: sudo -u ${serviceUser.name} ${command}` };
}
