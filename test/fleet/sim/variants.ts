/** The protocol broken on purpose: each invariant has a variant that must fail by it. */
import type { Change } from '../../../src/system/types/engine.ts';
import type { invariants } from './audit.ts';
import type { Faults } from './story.ts';

export interface Variant {
  readonly name: string;
  readonly faults: Faults;
  readonly fails: keyof typeof invariants;
  /** A seed that fails; another one is looked for when the protocol has changed. */
  readonly seed: number;
  /** The length of the story, if it must be a longer one. */
  readonly ticks?: number;
}

export const variants: readonly Variant[] = [
  { name: 'the claim is a lock that is given back', faults: { forgetsTick: true }, fails: 'fate', seed: 1 },
  { name: 'transactions compare nothing', faults: { blindTo: /./ }, fails: 'fate', seed: 2 },
  { name: 'a run goes on after its deadline', faults: { goesOn: true }, fails: 'alone', seed: 1 },
  { name: 'the engine counts leases too fast', faults: { shortLease: true }, fails: 'alone', seed: 10 },
  { name: "the lock of the host isn't asked", faults: { sharesLock: true }, fails: 'alone', seed: 1 },
  { name: 'no mark is kept', faults: { loses: isPutOf(/settled$/) }, fails: 'account', seed: 1 },
  { name: 'each run has the same fence', faults: { sameRevision: true }, fails: 'fence', seed: 1 },
  {
    name: "a claim doesn't compare pauses and cordons",
    faults: { blindTo: /pause$|cordon$/, only: 'holds' },
    fails: 'held',
    seed: 16,
  },
  { name: 'only the first host asks', faults: { onlyFirst: true, whenBusy: 'skip' }, fails: 'started', seed: 1 },
  { name: "a waiting run doesn't compare", faults: { blindTo: /next$/, whenBusy: 'queue' }, fails: 'queue', seed: 1 },
  {
    name: 'a start forgets lost runs',
    faults: { loses: losesLost, noCatchUp: true, only: 'crashes' },
    fails: 'lost',
    seed: 12,
  },
  {
    name: 'no tick is removed',
    faults: { loses: ({ is }) => is === 'delete-range' },
    fails: 'bounded',
    seed: 1,
    ticks: 85,
  },
  { name: 'a host believes its clock', faults: { noClock: true }, fails: 'early', seed: 2 },
  { name: 'one member of the engine is believed', faults: { oneWitness: true }, fails: 'early', seed: 3 },
  {
    name: 'a run goes on after its host was frozen',
    faults: { goesOn: true, only: 'standing' },
    fails: 'woke',
    seed: 6,
  },
];

function isPutOf(key: RegExp): (change: Change) => boolean {
  return (change) => change.is === 'put' && key.test(change.key);
}

/** What a start finds out about earlier runs; the run that frees its own host's keys still says so. */
function losesLost(change: Change, all: readonly Change[]): boolean {
  const isStart = all.some((one) => one.is === 'put' && one.key.endsWith('/run'));
  return isStart && change.is === 'put' && change.value.includes('"outcome":"lost"');
}
