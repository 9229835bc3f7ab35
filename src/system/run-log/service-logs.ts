/**
 * The logs of a service: `OUTPUT_DIRECTORY/NAME/NAME.0-20261122-103000.log` for instance 0, and a
 * link `NAME.0-latest.log`.
 *
 * A log continues over restarts of the instance and of its supervisor until it has grown to
 * `maxBytes`. Then a new one follows, and the oldest is removed. A log that was moved or removed is
 * created again with the next write.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { namesOrNone } from '../file/careful-file.ts';
import { createLogFile, renewLogFile, reopenLogFile } from '../log-files/log-file.ts';
import type { ServiceLogs } from '../types/log-file.ts';
import type { LogAnswer } from '../types/run-log.ts';
import { openLog, type Pages, type RunLogOptions } from './run-log.ts';

export function serviceLogs(options: RunLogOptions): ServiceLogs {
  return {
    open({ slug, instance, maxBytes, keep }): LogAnswer {
      const stem = `${slug}.${instance}`;
      const directory = path.join(options.outputDirectory, slug);
      const create = () => {
        const startedMs = options.clock.nowMs();
        // A number must not be reused after its log was removed, or the newest log would count as
        // the oldest.
        const from = nextNumber(instanceLogs(directory, stem).at(-1)?.slice(stem.length), startedMs);
        return createLogFile({ directory: options.outputDirectory, slug, stem, startedMs, from });
      };
      const file = unfinished(directory, stem, maxBytes) ?? create();
      if ('is' in file && file.is === 'failed') return file;
      const next = () => {
        const made = create();
        if (made.is === 'failed') return undefined;
        removeOldest(directory, stem, keep);
        return made;
      };
      const renew = (path: string) => renewLogFile(path, { directory: options.outputDirectory, slug, stem });
      const pages: Pages = { maxBytes, sizeBytes: 'sizeBytes' in file ? file.sizeBytes : 0, next, renew };
      try {
        return { is: 'open', log: openLog(options, { fd: file.fd, path: file.path, pages }) };
      } catch (error) {
        return { is: 'failed', stage: 'making pipes for the output', reason: (error as Error).message };
      }
    },
  };
}

function nextNumber(newest: string | undefined, startedMs: number): number {
  const second = new Date(startedMs).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  const found = newest === undefined ? undefined : orderOf(newest);
  return found?.second === second ? found.number + 1 : 1;
}

/** The newest log, opened, if it has room. */
function unfinished(directory: string, stem: string, maxBytes: number) {
  const name = instanceLogs(directory, stem).at(-1);
  if (name === undefined) return undefined;
  const file = path.join(directory, name);
  const opened = reopenLogFile(file, maxBytes);
  return opened && { ...opened, path: file };
}

/** The logs of one instance, oldest first. */
export function instanceLogs(directory: string, stem: string): readonly string[] {
  const names = namesOrNone(path.dirname(directory), path.basename(directory));
  const named = names.flatMap((name) => {
    const order = name.startsWith(stem) ? orderOf(name.slice(stem.length)) : undefined;
    return order === undefined ? [] : [{ name, order: `${order.second}-${String(order.number).padStart(9, '0')}` }];
  });
  return named.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ name }) => name);
}

/** The logs that came after this one, oldest first. The log itself may be gone. */
export function laterLogs(directory: string, stem: string, name: string): readonly string[] {
  const key = (one: string) => {
    const { second, number } = orderOf(one.slice(stem.length)) ?? { second: '', number: 0 };
    return `${second}-${String(number).padStart(9, '0')}`;
  };
  return instanceLogs(directory, stem).filter((one) => key(one) > key(name));
}

/**
 * The second, and the number in it, of the part of a name after the stem, such as
 * `-20261122-103000-2.log`.
 */
function orderOf(rest: string): { readonly second: string; readonly number: number } | undefined {
  const [, second, number = '1'] = /^-(\d{8}-\d{6})(?:-(\d{1,9}))?\.log$/.exec(rest) ?? [];
  return second === undefined ? undefined : { second, number: Number(number) };
}

function removeOldest(directory: string, stem: string, keep: number): void {
  for (const name of instanceLogs(directory, stem).slice(0, -keep)) {
    rmSync(path.join(directory, name), { force: true });
  }
}
