/** Until when the probes of an instance are suspended. A file that somebody has just touched counts too, and none counts for ever. */

/** Milliseconds since 1970; `undefined`: not suspended, or not any more. */
export function snoozedUntilMs(
  file: { readonly writtenMs: number; readonly text: string } | undefined,
  { nowMs, maxSeconds }: { readonly nowMs: number; readonly maxSeconds: number },
): number | undefined {
  if (file === undefined) return undefined;
  const latestMs = file.writtenMs + maxSeconds * 1000;
  const saidMs = Date.parse(file.text.trim());
  const untilMs = Number.isFinite(saidMs) ? Math.min(saidMs, latestMs) : latestMs;
  return untilMs > nowMs ? untilMs : undefined;
}
