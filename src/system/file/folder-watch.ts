/**
 * Waits for changes in a folder. Changes since the last wait count too, so that none is missed
 * between two looks.
 */
import { type FSWatcher, mkdirSync, watch } from 'node:fs';

/** The longest wait, in case the kernel has no watch left. */
const lookAgainMs = 60_000;

export interface FolderWatch {
  /**
   * Resolves at the first change since it was last called, or after `atMostMs` (a minute at most).
   */
  changed(atMostMs: number): Promise<void>;
  close(): void;
}

export function watchFolder(folder: string): FolderWatch {
  let isChanged = false;
  let wake = () => {};
  const onChange = () => {
    isChanged = true;
    wake();
  };
  const watcher = tryWatch(folder, onChange);
  return {
    async changed(atMostMs) {
      if (!isChanged) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(atMostMs, lookAgainMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isChanged = false;
    },
    close: () => watcher?.close(),
  };
}

function tryWatch(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    return watch(folder, onChange).on('error', () => undefined);
  } catch {
    return undefined;
  }
}
