/** Checks that the service user exists, can run run-job, and can write where runs leave their records. */
import path from 'node:path';
import { advise } from '../../../../report/advice.ts';
import type { Installed } from '../../../../report/clock/installed.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { files } from '../../../../system/file/files.ts';
import { mountWith } from '../../../../system/file/mounts.ts';
import type { User } from '../../../../system/types/user.ts';
import { users } from '../../../../system/user/users.ts';
import { shellWord } from '../../../../text/shell-word.ts';
import { runnerProblem, serviceAccountEnd, writable } from '../../../report/host-evidence.ts';
import { canBecomeServiceUser, tryAsServiceUser } from './as-service-user.ts';
import type { Ground } from './ground.ts';

export async function serviceUserChecks(ground: Ground, installed: Installed): Promise<readonly Check[]> {
  return [userCheck(ground), ...(await runnerChecks(ground, installed)), ...(await directoryChecks(ground))];
}

function userCheck({ config }: Ground): Check {
  const about = 'service user';
  const { name, home } = config.serviceUser;
  if (users.find(name) === undefined) return { about, is: 'problem', words: `the user ${name} does not exist` };
  const end = serviceAccountEnd(config);
  if (end !== undefined && end !== 'hidden') return { about, is: 'problem', ...end };
  if (files.facts(files.resolve(home) ?? home)?.kind !== 'directory')
    return {
      ...{ about, is: 'warning', words: `${home}, the home of ${name}, does not exist: jobs begin in /` },
      advice: [advise('make it', `sudo install -d ${shellWord(home)}`)],
    };
  if (end === undefined) return { about, is: 'ok', words: `${name}, at home in ${home}` };
  return { about, is: 'unknown', words: `${name}, at home in ${home}; root can tell whether the account has expired` };
}

const startMs = 20_000;

/** Several programs in one crontab are a rare mistake, and each of them is started. */
const mostPrograms = 3;

/** Checks the program that the lines call, and the one that the configuration names, if that is another. */
async function runnerChecks(ground: Ground, { lines }: Installed): Promise<readonly Check[]> {
  const { runnerPath } = ground.config;
  const called = [...new Set([...lines.values()].flatMap(({ program }) => program ?? []))].slice(0, mostPrograms);
  const asked = called.map((program) => ({ program, is: 'which the crontab calls' }));
  if (called.length === 0) asked.push({ program: runnerPath, is: 'which the crontab is to call' });
  else if (!called.includes(runnerPath))
    asked.push({ program: runnerPath, is: '"runner_path", which cron-generate writes into the crontab next' });
  return Promise.all(asked.map((one) => runnerCheck(ground, one)));
}

/** Root and the service user start it, as cron does; what others see are its modes. */
async function runnerCheck(
  ground: Ground,
  { program: runnerPath, is: role }: { readonly program: string; readonly is: string },
): Promise<Check> {
  const about = 'run-job';
  const { serviceUser } = ground.config;
  const words = (clause: string): Check => ({
    about,
    is: 'problem',
    words: `${runnerPath}, ${role}, ${clause}`,
  });
  const problem = runnerProblem(runnerPath, serviceUser);
  if (!canBecomeServiceUser(ground)) {
    if (problem !== undefined) return words(problem);
    return {
      about,
      is: 'unknown',
      words: `${serviceUser.name} can reach ${runnerPath}; ${ground.role === 'root' ? 'without setpriv nobody' : 'root'} can tell whether it starts`,
    };
  }
  const { code, output, failure } = await tryAsServiceUser(
    ground,
    ['/bin/sh', '-c', `exec "$0" --version`, runnerPath],
    {
      limitMs: startMs,
    },
  );
  const version = /^run-job \S+/m.exec(output)?.[0];
  if (code === 0 && version !== undefined)
    return { about, is: 'ok', words: `${runnerPath} starts as ${serviceUser.name} (${version})` };
  const said = output.trim().split('\n').at(-1)?.slice(0, 200);
  return words(problem ?? failure ?? `does not start as ${serviceUser.name}: ${said || `exit code ${code}`}`);
}

/** One line each for the directories whose writing fails; one line when all is well. */
async function directoryChecks(ground: Ground): Promise<readonly Check[]> {
  const { stateDirectory, outputDirectory, runDirectory, serviceUser } = ground.config;
  const about = 'directories';
  const places = [...new Set([stateDirectory, outputDirectory, runDirectory])];
  const answers = await writableAll(ground, places.map(existing));
  const found = places.flatMap((place, at) => directoryCheck(ground, place, answers[at] ?? 'perhaps') ?? []);
  if (found.length > 0) return found;
  const closed = canBecomeServiceUser(ground) ? await closedBelow(ground) : [];
  if (closed.length > 0) return [closedCheck(ground, closed)];
  return [{ about, is: 'ok', words: `${serviceUser.name} can write ${places.join(', ')}` }];
}

function closedCheck({ config: { serviceUser, embedded } }: Ground, closed: readonly string[]): Check {
  const [first = ''] = closed;
  const more = closed.length > 1 ? `, and ${closed.length - 1} more` : '';
  const owner = shellWord(`${serviceUser.name}:`);
  const sudo = embedded ? '' : 'sudo ';
  const few = closed.slice(0, mostAdvised).map(shellWord);
  return {
    about: 'directories',
    is: 'problem',
    words: `${serviceUser.name} can't write ${first}${ownerWords(serviceUser, first)}${more}`,
    advice: [advise('give them back', `${sudo}chown ${owner} ${few.join(' ')}`, `${sudo}chmod u+rwX ${few.join(' ')}`)],
  };
}

const mostAdvised = 3;

/** Prints the log directories of jobs, and what is in the state and run directories, that the user who runs it can't write. */
const findClosed = `
  find -H "$1" -mindepth 1 -maxdepth 1 -type d ! -writable 2>/dev/null
  shift
  find -H "$@" -mindepth 1 -maxdepth 2 '(' -type d -o -type f ')' ! -writable 2>/dev/null
  :`;

/** Only for root and the service user. */
async function closedBelow(ground: Ground): Promise<readonly string[]> {
  const { stateDirectory, outputDirectory, runDirectory } = ground.config;
  const command = ['/bin/sh', '-c', findClosed, 'sh', outputDirectory, stateDirectory, runDirectory] as const;
  const { output } = await tryAsServiceUser(ground, command, { limitMs: tryMs });
  return [...new Set(output.split('\n').filter((line) => line.startsWith('/')))];
}

function directoryCheck(ground: Ground, place: string, answer: 'yes' | 'no' | 'perhaps'): Check | undefined {
  const about = 'directories';
  const { serviceUser, embedded } = ground.config;
  const { name } = serviceUser;
  const at = existing(place);
  const facts = files.facts(files.resolve(at) ?? at);
  const word = shellWord(place);
  const sudo = embedded ? '' : 'sudo ';
  if (facts !== undefined && facts.kind !== 'directory')
    return {
      about,
      is: 'problem',
      words: `${at} is a ${facts.kind} and not a directory`,
      advice: [advise('move it away', `${sudo}mv ${shellWord(at)} ${shellWord(at)}.old`)],
    };
  if (answer === 'yes') return undefined;
  if (answer === 'perhaps') return { about, is: 'unknown', words: `root can tell whether ${name} can write ${place}` };
  const { all, silent } = ground.mounts;
  const mount = mountWith(at, all, silent);
  if (mount?.readOnly)
    return {
      ...{ about, is: 'problem', words: `${place} is on a read-only file system (${mount.source} on ${mount.at})` },
      advice: [advise('make it writable', `sudo mount -o remount,rw ${shellWord(mount.at)}`)],
    };
  const group = shellWord(`${name}:`);
  if (at !== place)
    return {
      ...{ about, is: 'problem', words: `${place} does not exist, and ${name} can't make it` },
      advice: [advise('make it', `${sudo}install -d -o ${shellWord(name)} -g ${serviceUser.gid} ${word}`)],
    };
  return {
    ...{ about, is: 'problem', words: `${name} can't write ${place}${ownerWords(serviceUser, place)}` },
    advice: [advise('give it back', `${sudo}chown -R ${group} ${word}`, `${sudo}chmod u+rwx ${word}`)],
  };
}

function ownerWords(user: User, place: string): string {
  const facts = files.facts(files.resolve(place) ?? place);
  if (facts === undefined || facts.uid === user.uid) return '';
  return `, which belongs to ${users.find(String(facts.uid))?.name ?? `uid ${facts.uid}`}`;
}

/** The directory, or the nearest one above it that exists. */
export function existing(directory: string): string {
  return directory === '/' || files.facts(directory) !== undefined ? directory : existing(path.dirname(directory));
}

const tryMs = 10_000;
const askEach = 'for d; do if [ -w "$d" ] && [ -x "$d" ]; then echo yes; else echo no; fi; done';

/** The kernel answers root and the service user; what others see are owners and modes. */
async function writableAll(ground: Ground, places: readonly string[]): Promise<readonly ('yes' | 'no' | 'perhaps')[]> {
  const { serviceUser } = ground.config;
  if (canBecomeServiceUser(ground)) {
    const { output, code } = await tryAsServiceUser(ground, ['/bin/sh', '-c', askEach, 'sh', ...places], {
      limitMs: tryMs,
    });
    const answers = output.trim().split('\n');
    if (code === 0 && answers.length === places.length)
      return answers.map((answer) => (answer === 'yes' ? 'yes' : 'no'));
  }
  return places.map((place) => {
    const facts = files.facts(files.resolve(place) ?? place);
    if (facts === undefined) return 'perhaps';
    return mountWith(place, ground.mounts.all, ground.mounts.silent)?.readOnly ? 'no' : writable(facts, serviceUser);
  });
}
