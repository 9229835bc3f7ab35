/** Checks that run-job can read every pause: it starts no job that may be paused. */
import { type Advice, advise, changing } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { type Pause, pauseDetails, resumeCommand } from '../../../../run/pause/pause.ts';
import { pausesOf } from '../../../report/pauses.ts';
import { type Ground, unknownTo } from './ground.ts';

const about = 'pauses';

/** A line for each record that can't be read; none if all can. */
export function pausesChecks({ config, forms }: Ground): readonly Check[] {
  const { pauses, hidden } = pausesOf(config);
  const unread = pauses.filter((pause) => pause.unread !== undefined);
  return [
    ...unread.map(
      (pause): Check => ({ about, is: 'problem', words: wordsOf(pause), advice: [adviceOf(pause, forms)] }),
    ),
    ...hidden.map((pause) => unknownTo(about, pauseDetails(pause, String), 'root and the service user')),
  ];
}

function wordsOf({ target, ...pause }: Pause): string {
  const words = pauseDetails({ target, ...pause }, String);
  if ('directory' in target) return `no job is started: ${words}`;
  if ('tag' in target) return `no job with the tag ${target.tag} is started: ${words}`;
  return `${target.job} is not started: ${words}`;
}

function adviceOf(pause: Pause, forms: Ground['forms']): Advice {
  const command = resumeCommand(pause);
  if ('directory' in pause.target) return advise('let the service user read it', command);
  return advise('pause it again, or let it run', changing(forms, command.replace(/^jobctl /, '')));
}
