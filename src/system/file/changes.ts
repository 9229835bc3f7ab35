/** Watches directories through inotify, which costs nothing while nothing changes. */
import { watch } from 'node:fs';
import type { Changes } from '../types/file.ts';

export const changes: Changes = {
  watch(directory, onChange) {
    try {
      const watcher = watch(directory, { persistent: false }, (_kind, name) => onChange(name ?? undefined));
      // The directory was removed, or the kernel has no watches left. The callers also look at
      // intervals.
      watcher.on('error', () => watcher.close());
      return { close: () => watcher.close() };
    } catch {
      return { close: () => {} };
    }
  },
};
