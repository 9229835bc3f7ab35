/** Builtins and keywords of the shell, and what to write in a job instead. */

export interface Builtin {
  /** The effect of the word as a command. */
  readonly comes: string;
  readonly remedy: string;
  /**
   * The remedy if the word stands before other commands in one line; absent if only a shell can run
   * that.
   */
  readonly inLine?: string;
}

const ofShell = 'is a word of the shell and no program, so it will not be found';
const script = "write a script, or sh -c '…'";
const alone =
  'changes only the shell that it runs in, and each command is a process of its own: the next one sees nothing of it';

/** Some systems have programs with these names, but they have no effect on later commands. */
const builtins: Readonly<Record<string, Builtin>> = {
  ...each('cd pushd popd', {
    comes: alone,
    remedy: 'set "working_directory"',
    inLine: 'set "working_directory" and begin with what follows',
  }),
  ...each('export declare typeset local readonly', {
    comes: alone,
    remedy: 'write variables in "environment"',
    inLine: 'write the variables in "environment" and begin with what follows',
  }),
  ...each('unset', { comes: alone, remedy: 'a job has only the variables of "environment" and a few fixed ones' }),
  ...each('source .', {
    comes: alone,
    remedy: `write sh -c '. FILE && exec COMMAND', or write the variables in "environment"`,
  }),
  ...each('umask', { comes: alone, remedy: 'set "umask"', inLine: 'set "umask" and begin with what follows' }),
  ...each('ulimit', { comes: alone, remedy: 'set "limits"', inLine: 'set "limits" and begin with what follows' }),
  ...each('set shopt alias unalias bind enable hash', { comes: alone, remedy: script }),
  ...each('trap', { comes: alone, remedy: 'run-job itself ends all that a job has started' }),
  ...each('wait', { comes: alone, remedy: 'run-job itself waits for each command, and ends what remains' }),
  ...each('exec command builtin', { comes: ofShell, remedy: 'leave it out', inLine: 'leave it out' }),
  ...each('eval read let shift getopts type mapfile disown suspend logout', { comes: ofShell, remedy: script }),
  ...each('exit return break continue', {
    comes: ofShell,
    remedy: 'a job ends with its last command, or at the first that fails',
  }),
  ...each('bg fg jobs', { comes: ofShell, remedy: 'a job has no terminal; leave it out' }),
  ...each('if then else elif fi for while until do done case esac select function ! { } ( [[ ((', {
    comes: ofShell,
    remedy: script,
  }),
};

function each(names: string, builtin: Builtin): Readonly<Record<string, Builtin>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, builtin]));
}

export function builtinOf(program: string): Builtin | undefined {
  return Object.hasOwn(builtins, program) ? builtins[program] : undefined;
}
