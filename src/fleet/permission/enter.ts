/** Enters a run that began without a claim, after its end. */
import { absent } from '../../system/types/engine.ts';
import { decodeJson } from '../../text/decode.ts';
import { type FinishPorts, finish } from '../run/finish.ts';
import type { HeldRun } from '../run/held.ts';
import { fate } from '../store/records.ts';
import { put } from '../store/view.ts';

const patience = { patienceMs: 1000 };

/** Returns warnings. Without etcd nothing is entered. */
export async function enterUnclaimed(
  run: Omit<HeldRun, 'fence' | 'lease'>,
  outcome: string,
  { engine, keys }: FinishPorts,
): Promise<readonly string[]> {
  const { slug, tickMs, record } = run;
  const key = keys.tick(slug, tickMs);
  const done = await engine.txn(
    [{ key, modified: absent }],
    [put(key, { ...record, fate: 'started', outcome })],
    patience,
  );
  if (done.is !== 'refused') return [];
  const look = await engine.read([{ key }], patience);
  const entry = look.is === 'read' ? look.entries[0] : undefined;
  const found = decodeJson(entry?.value, fate);
  if (entry === undefined || found === undefined) return [];
  if (found.fate !== 'started') return [`the other hosts did not know of it, and have its tick as ${found.fate}`];
  if (found.run !== record.run) return ['another host has had this tick too, so the job ran twice'];
  // Its claim was carried out, and only the answer was lost.
  const told = await finish(
    { ...run, record: found, fence: entry.modified },
    outcome,
    { engine, keys },
    patience.patienceMs,
  );
  return told.is === 'superseded' ? ['another host has had this tick too, so the job ran twice'] : [];
}
