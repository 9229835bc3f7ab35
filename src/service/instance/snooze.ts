/**
 * Reads the file that suspends the probes of an instance. An empty file, which a program has just
 * touched, counts too; no file counts longer than `snooze_max`.
 */

/**
 * Returns the end of the suspension, milliseconds since 1970; `undefined` if the probes are not
 * suspended.
 */
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
