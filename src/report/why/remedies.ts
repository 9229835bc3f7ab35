/** Advice about a history that can't be read, and about pauses that hold a job. */
import { isCircuit, type Pause, resumeCommand } from '../../run/pause/pause.ts';
import { shellWord } from '../../text/shell-word.ts';
import { type Advice, advise, type CommandForms, changing, looking } from '../advice.ts';
import type { Evidence } from './evidence.ts';

/** `hidden` is the path and the reason; `user` the service user, who must be able to read and write it. */
export function hiddenAdvice(
  hidden: string,
  { slug, user, forms }: { readonly slug: string; readonly user: string; readonly forms: CommandForms },
): Advice {
  const [, path = '', reason = ''] = /^(.*?\.jsonl(?:\.1)?): (.*)$/s.exec(hidden) ?? [];
  const log = looking(forms, `logs ${slug}`);
  if (path === '' || /damaged$|^it is empty$|^it is missing/.test(reason))
    return advise(`the next run of ${slug} makes it known again; until then its logs tell`, log);
  const file = shellWord(path);
  const directory = shellWord(path.replace(/\/[^/]*$/, ''));
  if (/permission denied|may not read|belongs to/.test(reason))
    return advise(
      'give it back to the service user',
      `sudo chown ${shellWord(`${user}:`)} ${directory} ${file}`,
      `sudo chmod 755 ${directory}`,
      `sudo chmod 644 ${file}`,
    );
  return advise(
    'move away what is there; the next run begins a new one',
    `sudo mv ${file} ${shellWord(`${path}.old`)}`,
  );
}

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
