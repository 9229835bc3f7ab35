/** Questions and decisions of jobctl about a service that several hosts share: a bundle of its own. */
import type { Config } from '../../../config/config.ts';
import { lookAtSlots } from '../../../fleet/slots/carry-out.ts';
import type { SlotRules } from '../../../fleet/slots/decide.ts';
import type { SlotRecord } from '../../../fleet/slots/records.ts';
import { loadJob } from '../../../job/load.ts';
import { type Desired, desiredText, type Target } from '../../../service/desired.ts';
import { files } from '../../../system/file/files.ts';
import { clock } from '../../../system/time/clock.ts';
import { type OpenFleet, openFleet } from '../../run/fleet/open-fleet.ts';
import { slotRulesOf } from '../../run/fleet/service-slots.ts';

export { slotLines } from '../../../fleet/slots/words.ts';

/** A person waits. */
const patience = { patienceMs: 5000 };
const pollMs = 500;

/** Makes a decision that of all hosts. Returns why it could not be made. */
export function shareDesired(target: Target, desired: Desired, config: Config): Promise<string | undefined> {
  return withEngine(config, async ({ engine, keys }) => {
    const key = keys.desired(target.slug, target.instance);
    const answer = await engine.txn([], [{ is: 'put', key, value: desiredText(desired) }], patience);
    return answer.is === 'unreachable' ? unreachableWords(answer.reason) : undefined;
  });
}

export type SlotsAnswer =
  | { readonly is: 'seen'; readonly rules: SlotRules; readonly slots: readonly SlotRecord[] }
  /** A clause: "etcd can't be reached: …". */
  | { readonly is: 'unknown'; readonly reason: string };

export function readSlots(slug: string, config: Config): Promise<SlotsAnswer> {
  const loaded = loadJob(slug, config, { files });
  const rules = loaded?.ok ? slotRulesOf(loaded.value, config) : undefined;
  if (rules === undefined) return Promise.resolve({ is: 'unknown', reason: 'its file has problems, or is gone' });
  return readWith(rules, config);
}

async function readWith(rules: SlotRules, config: Config): Promise<SlotsAnswer> {
  let slots: readonly SlotRecord[] = [];
  const reason = await withEngine(config, async (fleet) => {
    const seen = await lookAtSlots(rules, fleet.host, fleet, patience);
    if (seen.is === 'unreachable') return unreachableWords(seen.reason);
    slots = [...seen.view.slots.values()].flatMap(({ value }) => (value === undefined ? [] : [value]));
    return undefined;
  });
  slots = [...slots].sort((a, b) => a.instance - b.instance);
  return reason === undefined ? { is: 'seen', rules, slots } : { is: 'unknown', reason };
}

/** Waits until no host has the service, or one instance of it, any more. Returns what is left, in words. */
export async function untilEnded(
  { slug, instance }: Target,
  config: Config,
  waitMs: number,
): Promise<string | undefined> {
  const endMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const answer = await readSlots(slug, config);
    const left =
      answer.is === 'unknown'
        ? answer.reason
        : answer.slots
            .filter((slot) => (instance === undefined ? true : slot.instance === instance && slot.state !== 'down'))
            .map((slot) => `${slug}.${slot.instance} on ${slot.host}`)
            .join(', ');
    if (left === '') return undefined;
    if (clock.monotonicMs() > endMs) return left;
    await new Promise<void>((resolve) => clock.after(pollMs, resolve));
  }
}

async function withEngine(
  config: Config,
  act: (fleet: OpenFleet) => Promise<string | undefined>,
): Promise<string | undefined> {
  const opened = openFleet(config);
  if (opened.is === 'none') return 'the configuration has no "fleet.etcd"';
  if (opened.is === 'refused') return opened.reason;
  try {
    return await act(opened.fleet);
  } finally {
    opened.fleet.engine.close();
  }
}

function unreachableWords(reason: string): string {
  return `etcd can't be reached: ${reason}`;
}
