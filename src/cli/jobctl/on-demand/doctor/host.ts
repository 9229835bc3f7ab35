/** Checks what all jobs of this host share: file systems, room on them, and programs. */
import path from 'node:path';
import type { Config } from '../../../../config/config.ts';
import { advise } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { freeSpace } from '../../../../system/file/free-space.ts';
import { mountWith } from '../../../../system/file/mounts.ts';
import { isExecutable } from '../../../../system/program/executable.ts';
import { shellWord } from '../../../../text/shell-word.ts';
import { type Ground, isSilent, type Mounts, mountMs } from './ground.ts';
import { existing } from './service-user.ts';

/** A line for each mount that does not answer and that a directory of ours is on. */
export function silentChecks(config: Config, mounts: Mounts): readonly Check[] {
  const { jobDirectory, stateDirectory, outputDirectory, runDirectory } = config;
  const places = [...new Set([jobDirectory, stateDirectory, outputDirectory, runDirectory])];
  return places
    .filter((place) => isSilent(place, mounts))
    .map((place): Check => {
      const { source, type, at } = mountWith(place, mounts.all, mounts.silent) ?? { source: '?', type: '?', at: place };
      const words = `${place} is on ${source} (${type}, mounted on ${at}), which has not answered for ${mountMs / 1000} s, so nothing that needs it was checked`;
      return {
        about: 'file systems',
        is: 'problem',
        words,
        advice: [advise('see what is mounted there, then bring it back', `grep -F ${shellWord(at)} /proc/mounts`)],
      };
    });
}

const leastFreeBytes = 100 * 1024 * 1024;
const leastFreeShare = 0.02;

export function spaceChecks({ config, forms }: Ground): readonly Check[] {
  const about = 'disk space';
  const { stateDirectory, outputDirectory, runDirectory } = config;
  const places = [...new Set([stateDirectory, outputDirectory, runDirectory].map(existing))];
  const prune = (place: string) => [
    advise(
      'see what takes it',
      `df -h ${shellWord(place)}`,
      `${forms.changing}du -xh --max-depth=1 ${shellWord(place)}`,
    ),
  ];
  const short = places.flatMap((place): readonly Check[] => {
    const space = freeSpace(place);
    if (space === undefined)
      return [{ about, is: 'unknown', words: `${place}: its room is not for you to see; root can tell` }];
    const { freeBytes, bytes, freeFiles } = space;
    if (freeFiles === 0)
      return [
        {
          about,
          is: 'problem',
          words: `${place} has no inode left, so no file can be made there`,
          advice: [advise('see which file systems are full', 'df -i')],
        },
      ];
    if (freeBytes === 0) return [{ about, is: 'problem', words: `the disk of ${place} is full`, advice: prune(place) }];
    if (freeBytes > leastFreeBytes || freeBytes > leastFreeShare * bytes) return [];
    const mib = Math.floor(freeBytes / 1024 / 1024);
    return [{ about, is: 'warning', words: `the disk of ${place} has only ${mib} MiB left`, advice: prune(place) }];
  });
  return short.length > 0 ? short : [{ about, is: 'ok', words: `there is room for ${places.join(', ')}` }];
}

/** The programs that runs need, what is lost without each, and the package of Debian that has it. */
const programs: readonly (readonly [file: string, is: 'problem' | 'warning', lost: string, source: string])[] = [
  ['/usr/bin/flock', 'problem', 'no run can take its lock', 'util-linux'],
  ['/usr/bin/perl', 'warning', 'a daemon that a job starts may outlive the run', 'perl-base'],
  ['/usr/bin/setpriv', 'warning', 'root can not become the service user', 'util-linux'],
  ['/usr/bin/logger', 'warning', 'nothing reaches the system log', 'bsdutils'],
];

export function programChecks(): readonly Check[] {
  const about = 'programs';
  const missing = programs.flatMap(([file, is, lost, source]): readonly Check[] => {
    if (isExecutable(file)) return [];
    const advice = [advise('install it', `sudo apt-get install --reinstall ${source}`)];
    return [{ about, is, words: `${file} is missing: ${lost}`, advice }];
  });
  if (missing.length > 0) return missing;
  return [{ about, is: 'ok', words: programs.map(([file]) => path.basename(file)).join(', ') }];
}
