/** Decisions that stand at a line of a unit file. */
import type { Assignment, UnitProblem } from './unit-file.ts';

export function checkOf({ file, line, key, value }: Assignment, words: string): UnitProblem {
  return { file, line, message: `${key}=${value.length > 60 ? `${value.slice(0, 57)}...` : value}: ${words}` };
}
