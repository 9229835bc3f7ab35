/**
 * Removes the private values of a job from what every user can read: its history, and the record of
 * a service.
 */
import { withoutValues } from '../../job/private-values.ts';
import { recordWithoutPrivate, withoutPrivate } from '../../run/history/private.ts';
import type { HistoryStore, StateFiles } from '../../system/types/state.ts';

/** `values` is asked at each write: a service follows its file. */
type Values = () => readonly string[];

export function privateHistory(history: HistoryStore, values: Values): HistoryStore {
  return {
    ...history,
    append: (slug, line) =>
      history.append(
        slug,
        values().length === 0 ? line : withoutPrivate(line, (text) => withoutValues(text, values())),
      ),
  };
}

export function privateState(state: StateFiles, values: Values): StateFiles {
  const hide = (text: string) => withoutValues(text, values());
  return {
    ...state,
    write: (folder, name, text) =>
      state.write(
        folder,
        name,
        folder.startsWith('services/') && values().length > 0 ? recordWithoutPrivate(text, hide) : text,
      ),
  };
}
