/** The pauses as the service user reads them, for whom run-job asks: each listing says the same. */
import type { Config } from '../../config/config.ts';
import { type Pause, readPauses } from '../../run/pause/pause.ts';
import { asUser } from '../../system/file/as-user.ts';
import { stateFiles } from '../../system/state/state-files.ts';
import { caller } from '../../system/user/caller.ts';

export interface KnownPauses {
  readonly pauses: readonly Pause[];
  /** The records that this caller may not read, and run-job may. */
  readonly hidden: readonly Pause[];
}

export function pausesOf(config: Config): KnownPauses {
  const { serviceUser, stateDirectory } = config;
  const all = asUser(serviceUser, () => readPauses(stateFiles(stateDirectory)));
  if (caller.euid === 0 || caller.euid === serviceUser.uid) return { pauses: all, hidden: [] };
  const isHidden = ({ unread }: Pause) => unread?.isClosed === true;
  return { pauses: all.filter((pause) => !isHidden(pause)), hidden: all.filter(isHidden) };
}
