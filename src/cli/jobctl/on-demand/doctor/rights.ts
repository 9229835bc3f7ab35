/** Checks what the caller may do: read logs, and become the service user by sudo. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { advise } from '../../../../report/advice.ts';
import type { Check } from '../../../../report/text/doctor.ts';
import { files } from '../../../../system/file/files.ts';
import { isExecutable } from '../../../../system/program/executable.ts';
import { groupsOf } from '../../../../system/user/groups.ts';
import { shellWord } from '../../../../text/shell-word.ts';
import { callerName } from '../../../frame/caller-name.ts';
import { groupOf } from '../../../report/log-access.ts';
import { counted, type Ground, isClosed } from './ground.ts';

const sudo = '/usr/bin/sudo';

export function rightsChecks(ground: Ground): readonly Check[] {
  const { config, role } = ground;
  if (config.embedded) return [{ about: 'your rights', is: 'ok', words: 'these are your own jobs and logs' }];
  if (role === 'other') return [logsCheck(ground), sudoCheck(ground)];
  const who = role === 'root' ? 'root' : config.serviceUser.name;
  const own: Check = { about: 'your rights', is: 'ok', words: `as ${who} you may start, stop and pause jobs` };
  return role === 'root' && isExecutable(sudo) ? [own, sudoersCheck()] : [own];
}

function logsCheck({ config: { outputDirectory } }: Ground): Check {
  const about = 'logs';
  const closed = isClosed(outputDirectory) ? [outputDirectory] : closedLogs(outputDirectory);
  const [place] = closed;
  if (place === undefined) {
    const isThere = files.facts(outputDirectory) !== undefined;
    return {
      about,
      is: 'ok',
      words: isThere ? `you may read ${outputDirectory}` : `there is no ${outputDirectory} yet`,
    };
  }
  const more =
    closed.length > 1 ? `, nor ${counted(closed.length - 1, 'other log directory', 'other log directories')}` : '';
  const group = groupOf(place);
  const words = `you may not read ${place}${more}`;
  if (group === undefined) return { about, is: 'warning', words, advice: [advise('use sudo jobctl logs NAME')] };
  const name = callerName();
  if (groupsOf(name).due.includes(group))
    return {
      ...{ about, is: 'warning', words: `${words}: you have joined the group ${group} since you logged in` },
      advice: [advise('log in again, or begin a shell with that group', `newgrp ${shellWord(group)}`)],
    };
  const join = advise(
    'join the group, which counts from your next login (until then: sudo jobctl logs NAME)',
    `sudo usermod -aG ${shellWord(group)} ${shellWord(name)}`,
  );
  return { about, is: 'warning', words: `${words}: you are not in the group ${group}`, advice: [join] };
}

/** The log directories of jobs that are closed to this user. */
function closedLogs(outputDirectory: string): readonly string[] {
  const names = files.list(outputDirectory) ?? [];
  const places = names.map((name) => path.join(outputDirectory, name));
  return places.filter((place) => files.facts(place)?.kind === 'directory' && isClosed(place));
}

/**
 * sudo itself is not asked: it would report a caller who needs a password, or has no rule, to root
 * by mail (mail_badpass and mail_no_user of sudoers(5)).
 */
function sudoCheck({ config: { serviceUser } }: Ground): Check {
  const about = 'sudo';
  if (!isExecutable(sudo)) {
    const words = `sudo is not installed, so only ${serviceUser.name} and root may start, stop and pause jobs`;
    return { about, is: 'warning', words, advice: [advise('as root, install it', 'apt-get install sudo')] };
  }
  const words = `only ${serviceUser.name} and root may start, stop and pause jobs`;
  return { about, is: 'unknown', words, advice: [advise('see whether sudo makes you one of them', 'sudo -l')] };
}

const checkMs = 5000;

/** Checks for root the syntax, owners and modes of all sudoers files, and finds rules for programs that are elsewhere. */
function sudoersCheck(): Check {
  const about = 'sudoers';
  const checked = spawnSync('/usr/sbin/visudo', ['--check', '--quiet'], {
    ...{
      encoding: 'utf8',
      timeout: checkMs,
      killSignal: 'SIGKILL',
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (checked.error !== undefined)
    return { about, is: 'unknown', words: `visudo, which checks them, could not be run: ${checked.error.message}` };
  if (checked.status !== 0)
    return {
      about,
      is: 'warning',
      words: 'sudo has files that it refuses',
      advice: [advise('see which', 'sudo visudo --check')],
    };
  const [wrong] = namedElsewhere();
  if (wrong === undefined) return { about, is: 'ok', words: 'visudo finds nothing wrong' };
  const here = path.join(
    path.dirname(process.env.PROCESS_CONTROL_LAUNCHER ?? '/usr/bin/jobctl'),
    path.basename(wrong.program),
  );
  const words = `${wrong.file} names ${wrong.program}, which does not exist`;
  return {
    about,
    is: 'warning',
    words,
    advice: [advise(`write ${here} there`, `sudo visudo -f ${shellWord(wrong.file)}`)],
  };
}

function namedElsewhere(): readonly { readonly file: string; readonly program: string }[] {
  const names = (files.list('/etc/sudoers.d') ?? []).filter((name) => !/[.~]/.test(name)).sort();
  return ['/etc/sudoers', ...names.map((name) => `/etc/sudoers.d/${name}`)].flatMap((file) => {
    const read = files.readRegular(file, { limitBytes: 1024 * 1024 });
    const text = read.is === 'read' ? Buffer.from(read.bytes).toString('utf8') : '';
    const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
    const programs = lines.flatMap(
      (line) => line.match(/\/[\w./-]*\/(?:jobctl|run-job|cron-generate)(?![\w.-])/g) ?? [],
    );
    return [...new Set(programs)].filter((program) => !isExecutable(program)).map((program) => ({ file, program }));
  });
}
