/**
 * Reads the line of a run that succeeded at its first attempt without a parser for JSON. Nearly all lines that a listing
 * reads are such lines, and this takes a third of the time.
 */
import type { Ended } from './event.ts';

const n = String.raw`(0|[1-9]\d{0,13})`;
const plain = new RegExp(
  String.raw`^\{"event":"ended","run":"([^"\\\x00-\x1f]*)","atMs":${n},"outcome":\{"kind":"exited","code":0\},"durationMs":${n},` +
    String.raw`"streak":\{"failures":0,"lastSuccessMs":${n}\},"carried":\{"totals":\{"success":${n},"failure":${n},` +
    String.raw`"skipped":${n},"missed":${n},"durationMs":${n}\},"lastStatus":"success"\},"attempt":1\}$`,
);
/** A century, the longest duration that the decoder takes. */
const longestMs = 3.2e12;

/** The event as the decoder makes it, with a mark; `undefined` for every other line. */
export function readPlainEnd(line: string): Ended | undefined {
  const found = plain.exec(line);
  if (found === null) return undefined;
  const [durationMs, sumMs] = [Number(found[3]), Number(found[9])];
  if (durationMs > longestMs || sumMs > longestMs) return undefined;
  return {
    event: 'ended',
    run: found[1] ?? '',
    atMs: Number(found[2]),
    outcome: { kind: 'exited', code: 0 },
    durationMs,
    streak: { failures: 0, lastSuccessMs: Number(found[4]) },
    carried: {
      totals: {
        success: Number(found[5]),
        failure: Number(found[6]),
        skipped: Number(found[7]),
        missed: Number(found[8]),
        durationMs: sumMs,
      },
      lastStatus: 'success',
    },
    attempt: 1,
    isPlain: true,
  };
}
