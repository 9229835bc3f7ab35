/** The files of job-scheduler below the state directory: its crontab, and how far it has got. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { nothingPresent, type PresentCrontab, readPresent } from '../../../crontab/present.ts';
import { attempt } from '../../../system/file/attempt.ts';
import { quietly, readText } from '../../../system/file/careful-file.ts';
import { replaceFile } from '../../../system/state/state-files.ts';
import type { WriteAnswer } from '../../../system/types/file.ts';

const folder = 'scheduler';
/** More than 10,000 lines of 900 bytes. */
const limitBytes = 16 * 1024 * 1024;

/** A lock that says which job-scheduler is at work. No job has such a name. */
export const schedulerLock = '@scheduler';

export interface SchedulerFiles {
  /** The path of the crontab. */
  readonly path: string;
  /** The crontab of the last time; empty when there is none. */
  crontab(): string;
  position(): string | undefined;
  keepCrontab(text: string): WriteAnswer;
  keepPosition(text: string): WriteAnswer;
}

export function schedulerFiles(stateDirectory: string): SchedulerFiles {
  const read = (name: string) => quietly(() => readText(stateDirectory, `${folder}/${name}`, limitBytes));
  const write = (name: string, text: string) =>
    attempt(() => replaceFile(path.join(makeFolder(stateDirectory), name), text, 0o644));
  return {
    path: path.join(stateDirectory, folder, 'crontab'),
    crontab: () => read('crontab') ?? '',
    position: () => read('position'),
    keepCrontab: (text) => write('crontab', text),
    keepPosition: (text) => write('position', text),
  };
}

function makeFolder(stateDirectory: string): string {
  const directory = path.join(stateDirectory, folder);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  return directory;
}

/** The lines that jobs had, for those whose files have problems now. */
export function presentOf(text: string): PresentCrontab {
  return text === '' ? nothingPresent : readPresent([text]);
}
