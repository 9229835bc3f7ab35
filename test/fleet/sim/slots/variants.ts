/** The slots broken on purpose: each invariant has a variant that must fail by it. */
import type { slotInvariants } from './audit.ts';
import type { StoryFaults } from './story.ts';

export interface SlotVariant {
  readonly name: string;
  readonly faults: StoryFaults;
  readonly fails: keyof typeof slotInvariants;
  /** A seed that fails; another one is looked for when the protocol has changed. */
  readonly seed: number;
}

export const slotVariants: readonly SlotVariant[] = [
  { name: 'instances go on without a lease', faults: { whenCutOff: 'stop', does: 'go_on' }, fails: 'twice', seed: 3 },
  {
    name: 'the engine counts leases too fast',
    faults: { whenCutOff: 'stop', shortLease: true },
    fails: 'twice',
    seed: 6,
  },
  { name: 'transactions compare nothing', faults: { whenCutOff: 'stop', blindTo: /./ }, fails: 'twice', seed: 18 },
  {
    name: 'an instance that runs elsewhere goes on',
    faults: { whenCutOff: 'go_on', neverEnds: true },
    fails: 'surplus',
    seed: 12,
  },
  { name: 'leases do not end', faults: { endlessLease: true, only: 'crashes' }, fails: 'held', seed: 5 },
  {
    name: 'a host that returns gets its instances back',
    faults: { eager: true, only: 'crashes' },
    fails: 'stays',
    seed: 3,
  },
  {
    name: 'a cordon is not seen',
    faults: { loses: (change) => change.is === 'put' && change.key.endsWith('cordon'), only: 'cordons' },
    fails: 'drained',
    seed: 3,
  },
];
