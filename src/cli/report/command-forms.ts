/** The forms of the commands that this program advises, so that the caller can copy them. */
import type { Config } from '../../config/config.ts';
import type { CommandForms } from '../../report/advice.ts';
import { caller } from '../../system/user/caller.ts';
import { shellWord } from '../../text/shell-word.ts';

export function commandForms({ namedFile, sources, serviceUser }: Config): CommandForms {
  const named = namedFile === undefined ? '' : ` --config ${shellWord(sources[0] ?? namedFile)}`;
  const isAllowed = caller.uid === 0 || caller.uid === serviceUser.uid;
  return { changing: isAllowed ? '' : 'sudo ', named };
}
