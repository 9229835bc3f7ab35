/**
 * The world of a job's run, found out without running it. `--rehearse --json` prints the value, and
 * the text is made from it.
 */

import type { Job } from '../job/job.ts';
import { argvOf } from '../run/world/argv.ts';
import { privateTmpSize } from '../run/world/private-tmp.ts';
import type { World } from '../run/world/world.ts';
import type { Programs } from '../system/types/process.ts';
import type { Locale, User } from '../system/types/user.ts';
import { defined } from '../text/defined.ts';
import { durationWords } from '../text/duration.ts';
import { printable } from '../text/printable.ts';
import { shellWord } from '../text/shell-word.ts';

export interface RehearsalRequest {
  readonly job: Job;
  readonly slowStart: boolean;
  readonly world: World;
  readonly user: User;
  /**
   * The groups of this process, which the job will inherit, and those that the service user has
   * now.
   */
  readonly groups: { readonly own: readonly string[]; readonly due: readonly string[] };
  readonly locale: Locale;
  /** The niceness of this process; the job's is added to it. */
  readonly niceness: number;
  /** The caller's environment, without what our own launcher has put there. */
  readonly callers: Readonly<Record<string, string>>;
  readonly logDirectory: string;
  readonly programs: Programs;
  /** Returns why a program could not be started in a directory, as far as that can be known. */
  readonly foresee: (program: string, world: World) => StartRefusal | undefined;
}

interface StartRefusal {
  readonly reason: string;
  readonly exitCode: number;
}

export interface Rehearsal {
  readonly slug: string;
  readonly name: string;
  readonly user: string;
  readonly uid: number;
  readonly groups: readonly string[];
  /** The service user was given them after this process, or one it descends from, was started. */
  readonly missingGroups: readonly string[];
  readonly foreignGroups: readonly string[];
  readonly workingDirectory: string;
  /**
   * The file that LANG comes from, unless the configuration or the job sets it; absent if this host
   * has none.
   */
  readonly localeFile?: string;
  /** Octal. */
  readonly umask: string;
  readonly niceness: number;
  /** The job gets a /tmp and a /var/tmp of its own. */
  readonly privateTmp?: true;
  /** The limits that the job file sets; all others are run-job's. */
  readonly limits: Job['limits'];
  /** 0: none. */
  readonly timeoutSeconds: number;
  readonly killGraceSeconds: number;
  readonly log: string;
  readonly commands: readonly RehearsedCommand[];
  readonly environment: Readonly<Record<string, string>>;
  readonly changes: readonly Change[];
}

interface RehearsedCommand {
  readonly text: string;
  /** Absolute; absent when there is none. */
  readonly program?: string;
  /** The whole command, with what sets limits and niceness in front. */
  readonly argv?: readonly string[];
  readonly hindrance?: StartRefusal;
}

/**
 * A variable that differs between the caller and the job. Without `from` it is new; without `to`
 * the job does not get it.
 */
interface Change {
  readonly name: string;
  readonly from?: string;
  readonly to?: string;
}

export function rehearse(request: RehearsalRequest): Rehearsal {
  const { job, world, user, groups } = request;
  const commands = request.slowStart ? (job.slowStartCommands ?? []) : job.commands;
  return {
    slug: job.slug,
    name: job.name,
    user: user.name,
    uid: user.uid,
    groups: groups.own,
    missingGroups: groups.due.filter((group) => !groups.own.includes(group)),
    foreignGroups: groups.own.filter((group) => !groups.due.includes(group)),
    workingDirectory: world.workingDirectory,
    ...defined({ localeFile: request.locale.file }),
    umask: job.umask.toString(8).padStart(3, '0'),
    niceness: Math.max(-20, Math.min(19, request.niceness + (job.nice ?? 0))),
    ...(job.privateTmp && { privateTmp: true as const }),
    limits: job.limits,
    timeoutSeconds: job.timeoutSeconds,
    killGraceSeconds: job.killGraceSeconds,
    log: `${request.logDirectory}/${job.slug}/${job.slug}-YYYYMMDD-HHMMSS.log`,
    commands: commands.map((command) => rehearseCommand(command, request)),
    environment: sorted(world.environment),
    changes: changesBetween(request.callers, world.environment),
  };
}

/** The exit code of a run whose program or directory is missing; 0 if nothing is. */
export function rehearsalCode({ commands }: Rehearsal): number {
  return commands.find(({ hindrance }) => hindrance !== undefined)?.hindrance?.exitCode ?? 0;
}

function rehearseCommand(
  command: Job['commands'][number],
  { job, world, programs, foresee }: RehearsalRequest,
): RehearsedCommand {
  const answer = argvOf(command, job, world, programs);
  if (answer.is === 'missing')
    return { text: command.text, hindrance: { reason: answer.reason, exitCode: answer.exitCode } };
  const program = answer.argv[answer.argv.length - command.words.length] ?? '';
  const refusal = foresee(program, world);
  return { text: command.text, program, argv: answer.argv, ...(refusal && { hindrance: refusal }) };
}

function sorted(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function changesBetween(
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): readonly Change[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return names
    .filter((name) => from[name] !== to[name])
    .map((name) => ({
      name,
      ...(from[name] !== undefined && { from: from[name] }),
      ...(to[name] !== undefined && { to: to[name] }),
    }));
}

/**
 * One fact per line, then commands, environment, and the difference to the caller's environment as
 * in diff(1).
 */
export function rehearsalText(rehearsal: Rehearsal): string {
  const { commands, environment, changes } = rehearsal;
  return [
    ...facts(rehearsal),
    'commands:',
    ...commands.flatMap(commandLines),
    `environment (locale: ${rehearsal.localeFile ?? 'this host has none'}):`,
    ...Object.entries(environment).map(([name, value]) => `  ${name}=${value}`),
    ...(changes.length === 0 ? [] : ['changes to the environment of the caller:']),
    ...changes.flatMap(({ name, from, to }) => [
      ...(from === undefined ? [] : [`  - ${name}=${from}`]),
      ...(to === undefined ? [] : [`  + ${name}=${to}`]),
    ]),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function facts(rehearsal: Rehearsal): readonly string[] {
  const { groups, missingGroups, foreignGroups, timeoutSeconds, killGraceSeconds } = rehearsal;
  const timeout = timeoutSeconds === 0 ? 'none' : durationWords(timeoutSeconds);
  const limits = Object.entries(rehearsal.limits).map(([name, value]) => `${limitNames[name] ?? name} ${value}`);
  const known: readonly (readonly [string, string])[] = [
    ['job', `${rehearsal.slug} - ${rehearsal.name}`],
    ['user', `${rehearsal.user} (uid ${rehearsal.uid})`],
    ['groups', groups.join(', ')],
    [
      'missing groups',
      missingGroups.length === 0 ? '' : `${missingGroups.join(', ')} (given after this login or daemon started)`,
    ],
    ['foreign groups', foreignGroups.length === 0 ? '' : `${foreignGroups.join(', ')} (not the service user's)`],
    ['working directory', rehearsal.workingDirectory],
    ['umask', rehearsal.umask],
    ['niceness', String(rehearsal.niceness)],
    ['limits', limits.length === 0 ? 'as run-job has them' : `${limits.join(', ')}; all others as run-job has them`],
    ['private_tmp', rehearsal.privateTmp ? `a /tmp and a /var/tmp of its own, ${privateTmpSize} each` : ''],
    ['timeout', `${timeout}; ${durationWords(killGraceSeconds)} from TERM to KILL`],
    ['log', rehearsal.log],
  ];
  return known.filter(([, value]) => value !== '').map(([label, value]) => `${`${label}:`.padEnd(19)}${value}`);
}

/** The names of the limits in the job file, with their units. */
const limitNames: Readonly<Record<string, string>> = {
  fileSize: 'file_size (bytes)',
  cpu: 'cpu (seconds)',
  addressSpace: 'address_space (bytes)',
};

function commandLines({ text, argv, program, hindrance: refusal }: RehearsedCommand): readonly string[] {
  const prefixed = argv !== undefined && argv[0] !== program;
  return [
    `  ${text}`,
    ...(program === undefined ? [] : [`    program: ${program}`]),
    ...(prefixed ? [`    started as: ${argv.map(shellWord).join(' ')}`] : []),
    ...(refusal === undefined ? [] : [`    can not be started: ${refusal.reason} (exit code ${refusal.exitCode})`]),
  ];
}
