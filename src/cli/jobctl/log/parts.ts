/**
 * Chooses what is shown of several logs: together the newest lines, as many as the caller asked
 * for.
 */
import { type LogPlace, type LogPrinter, type LogView, linesShown, showLog } from './view.ts';

/** One log, and what of it is shown. */
export interface LogPart<Log extends LogPlace> {
  readonly log: Log;
  readonly view: LogView;
}

/**
 * Returns the parts, oldest first like the logs. The newest log is always one of them, so that it
 * is named if it can't be read.
 */
export async function partsOf<Log extends LogPlace>(
  logs: readonly Log[],
  view: LogView,
  printer: LogPrinter,
): Promise<readonly LogPart<Log>[]> {
  if (view.lines === undefined) return logs.map((log) => ({ log, view }));
  const found: LogPart<Log>[] = [];
  let left = view.lines;
  for (const log of [...logs].reverse()) {
    if (found.length > 0 && left <= 0) break;
    const part = { log, view: { ...view, lines: left } };
    found.unshift(part);
    left -= await linesShown(log, part.view, printer);
  }
  return found;
}

export async function showParts(parts: readonly LogPart<LogPlace>[], printer: LogPrinter): Promise<number> {
  let code = 0;
  for (const { log, view } of parts) code = Math.max(code, await showLog(log, view, printer));
  return code;
}
