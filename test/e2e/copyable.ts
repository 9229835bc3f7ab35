/** Whether a command that a program advises can be typed as it stands: its own parser takes it, and what it names is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type House, repository } from '../cli/house.ts';

const ours = ['jobctl', 'run-job', 'cron-generate', 'check-jobs-icinga'];

/** Commands of others that may be advised, as patterns of what follows them. */
const others: readonly RegExp[] = [
  /^systemctl start cron(d)?$/,
  /^service cron(d)? start$/,
  /^(?:\/usr\/sbin\/)?crond?$/,
  /^apt-get install cron$/,
  /^kill -(?:CONT|KILL)( \d+)+$/,
  /^chmod 644 (\S+)$/,
  /^(?:chown root|touch) (\S+)$/,
  /^chage -l \S+$/,
  /^dmesg --ctime$/,
  /^adduser --system --group \S+$/,
];

/** What is wrong with the command; `undefined`: nothing. */
export function copyable(command: string, house: House): string | undefined {
  const words = shellWords(command);
  if (words === undefined) return `sh does not take: ${command}`;
  const [first = '', ...rest] = words[0] === 'sudo' ? words.slice(1) : words;
  if (!ours.includes(first)) return othersOwn([first, ...rest].join(' '), command);
  return parsed(first, rest, command) ?? named(first, rest, house, command);
}

function shellWords(command: string): readonly string[] | undefined {
  const { stdout, status } = spawnSync('sh', ['-c', `for word in ${command}; do printf '%s\\n' "$word"; done`], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trimEnd().split('\n') : undefined;
}

function othersOwn(plain: string, command: string): string | undefined {
  const matching = others.find((pattern) => pattern.test(plain));
  if (matching === undefined) return `an unknown program: ${command}`;
  const file = matching.exec(plain)?.[1];
  return file === undefined || !file.startsWith('/') || existsSync(file) || file.startsWith('/etc/cron.d/')
    ? undefined
    : `there is no ${file}: ${command}`;
}

/** `--help` behind it is answered only when nothing before it is wrong: an unknown option or word is refused first. */
function parsed(program: string, args: readonly string[], command: string): string | undefined {
  const probe = [...args.filter((arg) => arg !== '-f'), '--no-such-option-at-all'];
  const { stderr } = spawnSync(path.join(repository, 'bin', program), probe, { encoding: 'utf8' });
  const unknown = [...stderr.matchAll(/(?:unknown|Unknown)[^\n]*/g)].map(([line]) => line).join(' ');
  if (!/no-such-option-at-all|noSuchOption/.test(unknown + stderr)) return `${program} says nothing: ${stderr}`;
  const complaints = stderr.replaceAll(/--?no-such-option-at-all/g, '');
  return /takes one job or|there is no command|required|Not enough/.test(complaints)
    ? `${command}: ${stderr}`
    : undefined;
}

function named(program: string, args: readonly string[], house: House, command: string): string | undefined {
  if (program !== 'jobctl') return undefined;
  const [verb = '', ...rest] = args;
  const config = rest.indexOf('--config');
  if (config < 0 || !existsSync(rest[config + 1] ?? '')) return `without the configuration: ${command}`;
  const tag = rest.indexOf('--tag');
  const slugs = readdirSync(house.path('jobs')).map((name) => name.replace(/\.yaml$/, ''));
  if (tag >= 0) {
    const isThere = slugs.some((slug) =>
      readFileSync(house.path(`jobs/${slug}.yaml`), 'utf8').includes(rest[tag + 1] ?? '\0'),
    );
    return isThere ? undefined : `no job has the tag: ${command}`;
  }
  const [name = ''] = rest;
  if (verb === 'check')
    return name.startsWith('--') || existsSync(name) ? undefined : `there is no ${name}: ${command}`;
  return slugs.includes(name.replace(/\.\d+$/, '')) || slugs.includes(name) ? undefined : `no such job: ${command}`;
}
