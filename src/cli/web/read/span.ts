/** A span of time. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** True for a run that was under way then; one without an end still is. */
export function isIn(
  {
    startedMs,
    endedMs,
    outcome,
  }: { readonly startedMs: number; readonly endedMs?: number; readonly outcome?: unknown },
  { fromMs, untilMs }: Span,
): boolean {
  const endMs = outcome === undefined ? Number.POSITIVE_INFINITY : (endedMs ?? startedMs);
  return startedMs < untilMs && endMs >= fromMs;
}
