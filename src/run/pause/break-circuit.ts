/** Pauses a job whose own failures ask for it (circuit.ts decides). */
import type { Job } from '../../job/job.ts';
import type { StateFiles } from '../../system/types/state.ts';
import type { Streak } from '../history/event.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { circuitPause, reasonToPause } from './circuit.ts';
import { pauseOf } from './pause.ts';
import { readPauses, writePause } from './pauses.ts';

interface Circuit {
  /** Why the job is paused now. */
  readonly paused?: string;
  readonly troubles: readonly string[];
}

interface Failure {
  readonly outcome: Outcome;
  /** With this run in it. */
  readonly streak: Streak;
  readonly endedMs: number;
}

/** To be called before the end is on record: whoever is killed in between has paused too much rather than too little. */
export function breakCircuit(job: Job, state: StateFiles, { outcome, streak, endedMs }: Failure): Circuit {
  const reason = reasonToPause(outcome, job.policy, streak);
  if (reason === undefined) return { troubles: [] };
  const present = pauseOf(job, readPauses(state), endedMs);
  const pause = circuitPause(job.slug, reason, { atMs: endedMs, present });
  const written = pause === undefined ? ({ ok: true } as const) : writePause(state, pause);
  if (!written.ok) return { troubles: [`it should be paused (${reason}) but can't be: ${written.reason}`] };
  return { paused: reason, troubles: [`paused until a person resumes it (jobctl resume ${job.slug}): ${reason}`] };
}
