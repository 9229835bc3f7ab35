/** Audits the commands of a job, each with its place in the file. */
import { shellWord } from '../../text/shell-word.ts';
import type { Path } from '../../yaml/place.ts';
import { splitCommand } from '../command.ts';
import { masked } from '../placeholder.ts';
import { type ValueProblem, warningAt } from '../value-problem.ts';
import type { JobSource } from '../written.ts';
import { type AuditedCommand, auditCommand } from './command.ts';

interface PlacedCommand extends AuditedCommand {
  readonly path: Path;
}

export function auditCommands(source: JobSource): readonly ValueProblem[] {
  const commands = placedCommands(source);
  const words = auditWordLists(commands);
  const rest = commands.filter(({ path: [key] }) => !words.some((problem) => problem.path[0] === key));
  return [
    ...words,
    ...rest.flatMap(({ path, ...command }) => auditCommand(command).map((message) => warningAt(path, message))),
  ];
}

/** Returns the commands that can be split; make-job.ts reports the others. */
function placedCommands({ get, isService }: JobSource): readonly PlacedCommand[] {
  return (['command', 'slow_start_command'] as const).flatMap((key) => {
    const written = get(key) ?? [];
    const texts = typeof written === 'string' ? [written] : written;
    return texts.flatMap((text, position) => {
      const split = splitCommand(text);
      if (!split.ok) return [];
      // The placeholders of a service are no shell syntax.
      const seen = isService ? splitCommand(masked(text)) : split;
      const path: Path = typeof written === 'string' ? [key] : [key, position];
      const { text: run, words } = split.command;
      return [{ path, text: run, words, shellSyntax: seen.ok ? seen.shellSyntax : [] }];
    });
  });
}

/**
 * Warns of `[/bin/sh, -c, "a; b"]`: in containers and exec(3) a list holds the words of one
 * command, here it holds commands.
 */
function auditWordLists(commands: readonly PlacedCommand[]): readonly ValueProblem[] {
  return commands
    .filter(({ path: [, position] }) => position === 0)
    .flatMap(({ path }) => {
      const items = commands.filter(({ path: [key] }) => key === path[0]).map(({ text }) => text);
      const option = items.slice(1).find((text) => /^--?[A-Za-z]/.test(text));
      if (option === undefined) return [];
      const whole = items.map(shellWord).join(' ');
      const message = `a list holds several commands, one after the other, so "${option}" would be a program; write one command as one text: ${whole}`;
      return [warningAt(path, message)];
    });
}
