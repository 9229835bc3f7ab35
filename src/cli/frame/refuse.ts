/** Says on standard error why a program does not do what was asked. Returns the exit code. */
import { exitCodes } from '../../run/outcome/outcome.ts';
import type { Problem } from '../../text/problem.ts';
import { say, sayProblems } from './output.ts';

export function refuse(program: string, words: string, exitCode: number = exitCodes.usage): number {
  say(program, words);
  return exitCode;
}

/** Refuses because of what is wrong in the configuration, in a job file, or in their directory. */
export function refuseProblems(problems: readonly Problem[]): number {
  sayProblems(problems);
  return exitCodes.configuration;
}
