/** Names the step in which the machine refused, so that a message can say "opening FILE: permission denied" and not only the latter. */

export class StageError extends Error {
  readonly stage: string;

  constructor(stage: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.stage = stage;
  }
}

/** Does one step; what it throws names the stage. A stage that is named already keeps its name. */
export function during<T>(stage: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof StageError ? error : new StageError(stage, error);
  }
}

/** What the machine refused: a StageError, or a system call of a step that nobody named. `undefined` for a mistake of ours. */
export function refusalOf(error: unknown, stage: string): StageError | undefined {
  if (error instanceof StageError) return error;
  return error instanceof Error && 'syscall' in error ? new StageError(stage, error) : undefined;
}

/** The code of a failed system call, e.g. ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Does one step for which it is as good when one of these codes says that there was nothing to do. */
export function unless(codes: readonly string[], step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  }
}
