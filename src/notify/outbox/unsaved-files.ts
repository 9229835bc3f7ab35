/** State files in memory: a queue and an outbox for one attempt when the disk takes nothing. */
import type { StateFiles } from '../../system/types/state.ts';

export function unsavedFiles(): StateFiles {
  const files = new Map<string, string>();
  const within = (folder: string) => [...files].filter(([key]) => key.startsWith(`${folder}/`));
  const nameOf = (key: string, folder: string) => key.slice(folder.length + 1);
  return {
    readAll: (folder) => within(folder).map(([key, text]) => ({ name: nameOf(key, folder), text })),
    look: (folder) => ({
      is: 'read',
      records: within(folder).map(([key, text]) => ({ name: nameOf(key, folder), path: key, text })),
    }),
    names: (folder) => within(folder).map(([key]) => nameOf(key, folder)),
    read: (folder, name) => files.get(`${folder}/${name}`),
    write(folder, name, text) {
      files.set(`${folder}/${name}`, text);
      return { ok: true };
    },
    remove(folder, name) {
      files.delete(`${folder}/${name}`);
      return { ok: true };
    },
  };
}
