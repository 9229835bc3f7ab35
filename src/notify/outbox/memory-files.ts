/** State files that nothing keeps: for one attempt to tell of a run when the disk takes nothing any more. */
import type { StateFiles } from '../../system/types/state.ts';

export function memoryFiles(): StateFiles {
  const files = new Map<string, string>();
  const within = (folder: string) => [...files].filter(([key]) => key.startsWith(`${folder}/`));
  const nameOf = (key: string, folder: string) => key.slice(folder.length + 1);
  return {
    readAll: (folder) => within(folder).map(([key, text]) => ({ name: nameOf(key, folder), text })),
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
