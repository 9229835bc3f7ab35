/** Checks the configuration: whether it can be used at all, what is odd in it, and whether run-job can read it. */
import type { Config } from '../../../../config/config.ts';
import { type Advice, advise } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { caller } from '../../../../system/user/caller.ts';
import { formatProblem, type Problem, type Result } from '../../../../text/problem.ts';
import { shellWord } from '../../../../text/shell-word.ts';
import { unreadablePlaces } from '../../../frame/readable.ts';
import { isUnreadable, named } from './ground.ts';

const about = 'configuration';

/** `isSilent`: a directory of ours does not answer, so nothing that needs it may be opened. */
export function configurationChecks(setting: Result<Config>, isSilent = false): readonly Check[] {
  const problems = setting.ok ? setting.warnings : setting.problems;
  const found = problems.map(problemCheck);
  if (!setting.ok) return found;
  const { embedded, sources } = setting.value;
  const closed = embedded || isSilent ? [] : unreadablePlaces(setting.value);
  const all = [...closed.map(problemCheck), ...found];
  return all.length > 0 ? all : [{ about, is: 'ok', words: sourceWords(embedded, sources) }];
}

function sourceWords(embedded: boolean, sources: readonly string[]): string {
  if (sources.length > 0) return `${named(sources)}${embedded ? ', for jobs of your own' : ''}`;
  return embedded ? 'none in /etc: these are jobs of your own, with the defaults' : 'no file: the defaults apply';
}

function problemCheck(problem: Problem): Check {
  if (problem.severity === 'error' && caller.euid !== 0 && isUnreadable(problem.file))
    return { about, is: 'unknown', words: `you may not read ${problem.file}; root and the service user can tell` };
  const advice = adviceAbout(problem);
  return {
    ...{ about, is: problem.severity === 'error' ? 'problem' : 'warning', words: formatProblem(problem) },
    ...(advice.length > 0 && { advice }),
  };
}

function adviceAbout({ message, file }: Problem): readonly Advice[] {
  const [, user] =
    /^there is no user "([^"]*)"/.exec(message) ?? /"user" must be a user .* found "([^"]*)"/.exec(message) ?? [];
  if (user !== undefined && /^[a-z_][a-z0-9_-]*$/.test(user))
    return [
      advise('make that user', `sudo useradd --system --user-group --home-dir / --shell /usr/sbin/nologin ${user}`),
    ];
  if (!file.startsWith('/')) return [];
  return [remedyIn(message, file) ?? advise('correct it', `sudoedit ${shellWord(file)}`)];
}

/** A message about an owner or a mode ends with the commands that correct it, without the place if that is the file. */
function remedyIn(message: string, file: string): Advice | undefined {
  const [, directory] = /^the directory (\/\S*) /.exec(message) ?? [];
  const [, remedy] = /: ((?:chgrp \S+ \S+ && )?chmod [ugo][+-][rwx]+(?: \/\S*)?)$/.exec(message) ?? [];
  if (remedy === undefined) return undefined;
  const place = / \//.test(remedy) ? '' : ` ${shellWord(directory ?? file)}`;
  return advise('correct it', ...remedy.split(' && ').map((command) => `sudo ${command}${place}`));
}
