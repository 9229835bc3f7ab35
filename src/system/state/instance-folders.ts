/**
 * The directory of each instance of a service, `STATE_DIRECTORY/services/NAME/0`, and the file in
 * it that suspends its probes.
 */
import { constants, mkdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { attempt } from '../file/attempt.ts';
import { pinned, quietly, readText, withDescriptor } from '../file/careful-file.ts';
import { openForWriting } from '../file/new-file.ts';
import type { InstanceFolders } from '../types/state.ts';

/** The name is from Apache Aurora. */
const snoozeName = '.healthchecksnooze';
const writeFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
const limitBytes = 1000;

export function instanceFolders(stateDirectory: string): InstanceFolders {
  const at = (slug: string, instance: number) => path.join(stateDirectory, 'services', slug, String(instance));
  const snoozeAt = (slug: string, instance: number) => path.join(at(slug, instance), snoozeName);
  return {
    path: at,
    make: (slug, instance) => attempt(() => mkdirSync(at(slug, instance), { recursive: true, mode: 0o755 })),
    snooze: (slug, instance) => readSnooze(stateDirectory, `services/${slug}/${instance}/${snoozeName}`),
    writeSnooze: (slug, instance, text) =>
      attempt(() => {
        mkdirSync(at(slug, instance), { recursive: true, mode: 0o755 });
        withDescriptor(openForWriting(snoozeAt(slug, instance), writeFlags), (fd) => writeSync(fd, text));
      }),
    removeSnooze(slug, instance) {
      attempt(() => rmSync(snoozeAt(slug, instance), { force: true }));
    },
  };
}

function readSnooze(stateDirectory: string, relative: string): ReturnType<InstanceFolders['snooze']> {
  const facts = quietly(() => pinned(stateDirectory, relative, (pin) => pin.facts));
  if (facts?.isFile() !== true) return undefined;
  const text = readText(stateDirectory, relative, limitBytes) ?? '';
  return { writtenMs: facts.mtimeMs, text };
}
