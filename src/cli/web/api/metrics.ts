/** The text of /metrics, shared by its readers. */
import type { HostSnapshot } from '../../../report/host-snapshot.ts';
import { rememberedCounters } from '../../../report/metrics/counters.ts';
import { expositionParts, type Family } from '../../../report/metrics/exposition.ts';
import type { Detail } from '../../../report/metrics/job-families.ts';
import { snapshotFamilySteps } from '../../../report/metrics/snapshot-families.ts';
import { clock } from '../../../system/time/clock.ts';
import { type SharedText, sharedText } from '../answer/shared-text.ts';

type Raise = (families: readonly Family[]) => readonly Family[];

/** `snapshot` is asked for each text. */
export function metricsTexts(snapshot: () => HostSnapshot): Readonly<Record<Detail, SharedText>> {
  const raise = rememberedCounters();
  const textOf = (detail: Detail) =>
    sharedText({ make: () => pieces(snapshot(), detail, raise), monotonicMs: clock.monotonicMs, later: setImmediate });
  return { all: textOf('all'), alerts: textOf('alerts') };
}

/** Pieces of the text; empty ones while nothing of it is ready. */
function* pieces(snapshot: HostSnapshot, detail: Detail, raise: Raise): Generator<string> {
  const steps = snapshotFamilySteps(snapshot, detail);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return yield* expositionParts(raise(step.value));
    yield '';
  }
}
