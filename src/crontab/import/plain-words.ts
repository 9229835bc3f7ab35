/**
 * Splits a command of a shell into words, or returns nothing when the shell would do more with it
 * than start one program.
 */
import { splitCommand } from '../../job/command.ts';

/** Words that a shell carries out itself, or reads as its grammar. */
const ofShell = new Set(
  (
    '. : [ alias bg break builtin case cd chdir command continue declare do done echo elif else esac eval exec exit ' +
    'export false fc fg fi for function getopts hash help history if in jobs kill let local logout printf pushd popd ' +
    'pwd read readonly return select set shift shopt source suspend test then time times trap true type typeset ' +
    'ulimit umask unalias unset until wait while coproc caller dirs disown enable mapfile compgen complete bind'
  ).split(' '),
);

/** Characters without a meaning for a shell, and quotes in which nothing is expanded. */
const plainCommand = /^(?:[\w@%+=:,./\- \t]|'[^'\n]*'|"[^"$`\\!\n]*")+$/;

export function plainWords(command: string): readonly [string, ...string[]] | undefined {
  if (!plainCommand.test(command)) return undefined;
  const split = splitCommand(command);
  if (!split.ok || split.command.words[0].includes('=') || ofShell.has(split.command.words[0])) return undefined;
  return split.command.words;
}
