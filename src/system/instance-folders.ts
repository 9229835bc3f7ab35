/** The directory of each instance of a service, `STATE_DIRECTORY/services/NAME/0`, and the file in it that suspends its probes. */
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { InstanceFolders, WriteAnswer } from './system.ts';

/** Aurora's name for it. */
const snoozeName = '.healthchecksnooze';
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const writeFlags =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const limitBytes = 1000;

export function instanceFolders(stateDirectory: string): InstanceFolders {
  const at = (slug: string, instance: number) => path.join(stateDirectory, 'services', slug, String(instance));
  const snoozeAt = (slug: string, instance: number) => path.join(at(slug, instance), snoozeName);
  return {
    path: at,
    make: (slug, instance) => attempt(() => mkdirSync(at(slug, instance), { recursive: true, mode: 0o755 })),
    snooze: (slug, instance) => readSnooze(snoozeAt(slug, instance)),
    writeSnooze: (slug, instance, text) =>
      attempt(() => {
        mkdirSync(at(slug, instance), { recursive: true, mode: 0o755 });
        withOpen(openSync(snoozeAt(slug, instance), writeFlags, 0o644), (fd) => writeSync(fd, text));
      }),
    removeSnooze(slug, instance) {
      attempt(() => rmSync(snoozeAt(slug, instance), { force: true }));
    },
  };
}

function readSnooze(file: string): ReturnType<InstanceFolders['snooze']> {
  try {
    return withOpen(openSync(file, readFlags), (fd) => {
      const facts = fstatSync(fd);
      if (!facts.isFile()) return undefined;
      return { writtenMs: facts.mtimeMs, text: facts.size <= limitBytes ? readFileSync(fd, 'utf8') : '' };
    });
  } catch {
    return undefined;
  }
}

function withOpen<T>(fd: number, act: (fd: number) => T): T {
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

function attempt(act: () => void): WriteAnswer {
  try {
    act();
    return { ok: true };
  } catch (error) {
    return { ok: false, reason: (error as Error).message };
  }
}
