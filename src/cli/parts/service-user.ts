/** Only the service user runs and changes jobs: it goes on, root becomes it, anybody else is refused. */
import type { Config } from '../../config/config.ts';
import { runAgainAs } from '../../system/become.ts';
import { caller } from '../../system/caller.ts';

export type Right =
  | { readonly is: 'service-user' }
  /** The program ran as the service user in a process of its own and ended with this code. */
  | { readonly is: 'done'; readonly exitCode: number }
  | { readonly is: 'refused'; readonly words: string };

export async function becomeServiceUser(
  { serviceUser }: Config,
  program: string,
  args: readonly string[],
): Promise<Right> {
  const { uid, euid } = caller;
  if (uid === serviceUser.uid && euid === uid) return { is: 'service-user' };
  if (uid === 0 && euid === 0) return { is: 'done', exitCode: await runAgainAs(serviceUser, program, args) };
  const command = [program, ...args].join(' ');
  return { is: 'refused', words: `only ${serviceUser.name} may do this; try: sudo -u ${serviceUser.name} ${command}` };
}
