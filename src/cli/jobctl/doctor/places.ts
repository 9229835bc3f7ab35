/** Checks what runs need on this host: the configuration, the service user, directories, programs, disk space. */
import path from 'node:path';
import type { Config } from '../../../config/config.ts';
import { advise } from '../../../report/advice.ts';
import type { Check } from '../../../report/text/doctor.ts';
import { files } from '../../../system/file/files.ts';
import { freeSpace } from '../../../system/file/free-space.ts';
import { isExecutable } from '../../../system/program/executable.ts';
import { users } from '../../../system/user/users.ts';
import type { Problem } from '../../../text/problem.ts';
import { formatProblem } from '../../../text/problem.ts';
import { shellWord } from '../../../text/shell-word.ts';
import { unreadablePlaces } from '../../frame/readable.ts';
import { runnerProblem, stateProblem } from '../../report/host-evidence.ts';

export function placeChecks(config: Config, warnings: readonly Problem[]): readonly Check[] {
  return [
    ...configurationChecks(config, warnings),
    userCheck(config),
    ...runnerChecks(config),
    stateCheck(config),
    ...spaceChecks(config),
    ...programChecks(),
  ];
}

function configurationChecks(config: Config, warnings: readonly Problem[]): readonly Check[] {
  const about = 'configuration';
  const closed = config.embedded ? [] : unreadablePlaces(config);
  const named = config.embedded ? 'embedded defaults, in your own directories' : config.sources.join(', ');
  const found: readonly Check[] = [
    ...closed.map((problem): Check => ({ about, is: 'problem', words: formatProblem(problem) })),
    ...warnings.map((problem): Check => ({ about, is: 'warning', words: formatProblem(problem) })),
  ];
  return found.length > 0 ? found : [{ about, is: 'ok', words: named === '' ? 'defaults' : named }];
}

function userCheck({ serviceUser: { name, home } }: Config): Check {
  const about = 'service user';
  if (users.find(name) === undefined) {
    const advice = [advise('make it', `sudo adduser --system --group ${shellWord(name)}`)];
    return { about, is: 'problem', words: `the user ${name} does not exist`, advice };
  }
  const isThere = files.facts(files.resolve(home) ?? home)?.kind === 'directory';
  if (isThere) return { about, is: 'ok', words: `${name}, at home in ${home}` };
  return { about, is: 'warning', words: `${home}, the home of ${name}, does not exist: jobs begin in /` };
}

function runnerChecks({ runnerPath, serviceUser }: Config): readonly Check[] {
  const about = 'run-job';
  const problem = runnerProblem(runnerPath, serviceUser);
  if (problem === undefined) return [{ about, is: 'ok', words: `${runnerPath} can be run by ${serviceUser.name}` }];
  return [{ about, is: 'problem', words: `${runnerPath}, which the crontab calls, ${problem}` }];
}

function stateCheck(config: Config): Check {
  const { stateDirectory, outputDirectory, serviceUser } = config;
  const about = 'directories';
  const problem = stateProblem(config);
  if (problem === undefined) return { about, is: 'ok', words: `${stateDirectory} and ${outputDirectory}` };
  const words = `${stateDirectory} ${problem}`;
  if (files.facts(stateDirectory) === undefined) return { about, is: 'ok', words: `${words}: the first run makes it` };
  const group = `${serviceUser.name}:${serviceUser.gid}`;
  return {
    about,
    is: 'problem',
    words,
    advice: [advise('give it back', `sudo chown ${group} ${shellWord(stateDirectory)}`)],
  };
}

const leastFreeBytes = 100 * 1024 * 1024;
const leastFreeShare = 0.02;

function spaceChecks({ stateDirectory, outputDirectory, runDirectory }: Config): readonly Check[] {
  const about = 'disk space';
  const places = [...new Set([stateDirectory, outputDirectory, runDirectory].map(existing))];
  const short = places.flatMap((place): readonly Check[] => {
    const space = freeSpace(place);
    if (space === undefined) return [];
    const mib = Math.floor(space.freeBytes / 1024 / 1024);
    if (space.freeFiles === 0)
      return [{ about, is: 'problem', words: `${place}: no file can be made, it has no free inode` }];
    if (space.freeBytes === 0) return [{ about, is: 'problem', words: `${place}: the disk is full` }];
    if (space.freeBytes > leastFreeBytes || space.freeBytes > leastFreeShare * space.bytes) return [];
    return [{ about, is: 'warning', words: `${place}: only ${mib} MiB are free` }];
  });
  return short.length > 0 ? short : [{ about, is: 'ok', words: `there is room in ${places.join(', ')}` }];
}

/** The directory, or the nearest one above it that exists. */
function existing(directory: string): string {
  return directory === '/' || files.facts(directory) !== undefined ? directory : existing(path.dirname(directory));
}

/** The programs that runs need, and what is lost without each. */
const programs: readonly (readonly [file: string, is: 'problem' | 'warning', lost: string, source: string])[] = [
  ['/usr/bin/flock', 'problem', 'no run can take its lock', 'util-linux'],
  ['/usr/bin/perl', 'warning', 'a daemon that a job starts may outlive the run', 'perl-base'],
  ['/usr/bin/setpriv', 'warning', 'root can not become the service user', 'util-linux'],
  ['/usr/bin/logger', 'warning', 'nothing reaches the system log', 'bsdutils'],
];

function programChecks(): readonly Check[] {
  const about = 'programs';
  const missing = programs.flatMap(([file, is, lost, source]): readonly Check[] =>
    isExecutable(file)
      ? []
      : [
          {
            about,
            is,
            words: `${file} is missing: ${lost}`,
            advice: [advise('install it', `sudo apt-get install ${source}`)],
          },
        ],
  );
  return missing.length > 0
    ? missing
    : [{ about, is: 'ok', words: programs.map(([file]) => path.basename(file)).join(', ') }];
}
