/**
 * Names the step in which a system call failed, so that a message can say "opening FILE: permission
 * denied".
 */

export class StageError extends Error {
  readonly stage: string;

  constructor(stage: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause));
    this.stage = stage;
  }
}

/** Does one step. An error of it names the stage, unless an inner step has named its own. */
export function during<T>(stage: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw error instanceof StageError ? error : new StageError(stage, error);
  }
}

/**
 * The error as a StageError if it is one or comes from a system call; `undefined` for a programming
 * error.
 */
export function refusalOf(error: unknown, stage: string): StageError | undefined {
  if (error instanceof StageError) return error;
  return error instanceof Error && 'syscall' in error ? new StageError(stage, error) : undefined;
}

/** The code of a failed system call, such as ENOENT. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/**
 * Does one step. Errors with these codes count as success: they mean that there was nothing to do.
 */
export function unless(codes: readonly string[], step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  }
}
