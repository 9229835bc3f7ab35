/** What no schema can say about a job: doubts that a reviewer would have, as warnings. */

import { shellWord } from '../../text/shell-word.ts';
import type { Path } from '../../yaml/place.ts';
import type { Lookup } from '../job.ts';
import type { WrittenJob } from '../keys/schema.ts';
import { type AuditedCommand, auditCommand } from './command.ts';

export interface Doubt {
  readonly path: Path;
  readonly message: string;
}

export interface PlacedCommand extends AuditedCommand {
  readonly path: Path;
}

export interface Audited {
  readonly written: Lookup;
  /** Whichever has the job's tags: its file, or the defaults. */
  readonly tagged: WrittenJob;
  readonly commands: readonly PlacedCommand[];
}

export function auditJob({ written, tagged, commands }: Audited): readonly Doubt[] {
  const split = auditSplit(commands);
  const rest = commands.filter(({ path: [key] }) => !split.some((doubt) => doubt.path[0] === key));
  return [
    ...[...split, ...rest.flatMap(auditPlaced)],
    ...[...auditMail(written), ...auditTimeout(written), ...auditTags(tagged)],
  ];
}

/** `[/bin/sh, -c, "a; b"]`: in containers and exec(3) a list holds the words of one command, here it holds commands. */
function auditSplit(commands: readonly PlacedCommand[]): readonly Doubt[] {
  return commands
    .filter(({ path: [, position] }) => position === 0)
    .flatMap(({ path }) => {
      const items = commands.filter(({ path: [key] }) => key === path[0]).map(({ text }) => text);
      const option = items.slice(1).find((text) => /^--?[A-Za-z]/.test(text));
      if (option === undefined) return [];
      const whole = items.map(shellWord).join(' ');
      const message = `a list holds several commands, one after the other, so "${option}" would be a program; write one command as one text: ${whole}`;
      return [{ path, message }];
    });
}

function auditPlaced({ path, ...command }: PlacedCommand): readonly Doubt[] {
  return auditCommand(command).map((message) => ({ path, message }));
}

/** A plain number of more than a day's minutes was probably meant as seconds. */
function auditTimeout(written: Lookup): readonly Doubt[] {
  const timeout = written('timeout');
  if (typeof timeout !== 'number' || timeout <= 1440) return [];
  const hours = `${Number((timeout / 60).toFixed(1))}h`;
  const message = `"timeout" is a number of minutes, so ${timeout} is ${hours}; write "${timeout}s" if seconds are meant, or "${hours}"`;
  return [{ path: ['timeout'], message }];
}

function auditMail(written: Lookup): readonly Doubt[] {
  if ((written('failure_threshold_for_mail') ?? 1) === 1 || written('failmail') !== undefined) return [];
  const message = 'no mail will be sent: there is no "failmail" with a "to_address"';
  return [{ path: ['failure_threshold_for_mail'], message }];
}

function auditTags(tagged: WrittenJob): readonly Doubt[] {
  return (['tag', 'tags'] as const)
    .filter((key) => typeof tagged[key] === 'string' && tagged[key].includes(','))
    .map((key) => ({ path: [key], message: `"${tagged[key]}" is one tag; write a list for several: [a, b]` }));
}
