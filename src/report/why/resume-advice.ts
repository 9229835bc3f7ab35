/** The commands that end the pauses of a job. */
import { isCircuit, type Pause, resumeCommand } from '../../run/pause/pause.ts';
import { type Advice, advise, changing, looking } from '../advice.ts';
import type { Evidence } from './evidence.ts';

/** The commands that end the pauses of a job: each by its own name or tag. */
export function resumeAdvice(
  holding: readonly Pause[],
  { forms, slug }: Pick<Evidence, 'forms' | 'slug'>,
): readonly Advice[] {
  const closed = holding.filter(({ target }) => 'directory' in target);
  if (closed.length > 0) return [advise('let the service user read it', ...closed.map(resumeCommand))];
  const commandOf = (pause: Pause) =>
    changing(forms, isCircuit(pause) ? `reset ${slug}` : resumeCommand(pause).replace(/^jobctl /, ''));
  const byFailures = holding.some(isCircuit);
  const log = advise('see why it failed', looking(forms, `logs ${slug}`));
  const say = byFailures ? 'when that is fixed, forget the failures and end the pause' : 'end the pause';
  return [...(byFailures ? [log] : []), advise(say, ...holding.map(commandOf))];
}
