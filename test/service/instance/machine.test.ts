/** The machine of one instance: by table what follows from what, and by property what holds whatever happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Health, type Respawn, serviceOf } from '../../../src/job/service.ts';
import {
  type Effect,
  type Instance,
  type InstanceEvent,
  type InstanceRules,
  isAlive,
  newInstance,
  nextWakeMs,
  step,
} from '../../../src/service/instance/machine.ts';

const respawn: Respawn = serviceOf({}).respawn;
const health: Health = {
  probe: { by: 'tcp', port: 'http' },
  graceSeconds: 15,
  intervalSeconds: 10,
  timeoutSeconds: 1,
  maxFailures: 0,
  minSuccesses: 1,
  snoozeMaxSeconds: 3600,
};
const plain: InstanceRules = { respawn, pidFileGraceSeconds: 15 };
const probed: InstanceRules = { ...plain, health };
const daemon: InstanceRules = { ...plain, monitorSeconds: 10 };
const process = { pid: 7, startTicks: '70' };
const exited = (code: number) => ({ is: 'exited', code }) as const;

type Untimed = InstanceEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'atMs'> & { readonly atMs?: number }
    : never
  : never;

/** Plays events, each a second after the one before unless it says when; returns the instance and all effects, named. */
function play(rules: InstanceRules, events: readonly Untimed[], from: Instance = newInstance) {
  let instance = from;
  let atMs = 0;
  const done: string[] = [];
  for (const event of events) {
    atMs = event.atMs ?? atMs + 1000;
    const next = step(instance, { ...event, atMs } as InstanceEvent, rules);
    instance = next.instance;
    done.push(...next.effects.map((effect) => effect.do));
  }
  return { instance, effects: done.join(' '), at: instance.at };
}

const wanted = { is: 'desired-up' } as const;
const started = { is: 'started', process } as const;
const gone = { is: 'gone' } as const;
const ended = (code: number) => ({ is: 'ended', exit: exited(code) }) as const;
const well = { is: 'answered', answer: { is: 'success' } } as const;
const ill = { is: 'answered', answer: { is: 'failure', reason: 'no answer' } } as const;
const unknown = { is: 'answered', answer: { is: 'unknown', reason: 'no such program' } } as const;
const time = (atMs: number) => ({ is: 'time', atMs }) as const;

const table: readonly (readonly [
  title: string,
  InstanceRules,
  readonly Untimed[],
  at: Instance['at'],
  effects: string,
])[] = [
  ['what is not wanted stays down', plain, [{ is: 'desired-down' }, time(9000)], 'down', ''],
  ['what is wanted is started', plain, [wanted], 'starting', 'start'],
  ['without a probe it is up as soon as it is started', plain, [wanted, started], 'up', 'start'],
  ['with a probe it is asked at once and not up yet', probed, [wanted, started], 'starting', 'start probe'],
  ['one success makes it up', probed, [wanted, started, well], 'up', 'start probe'],
  ['what can not be asked is neither up nor ended', probed, [wanted, started, unknown], 'starting', 'start probe'],
  ['a failure in the grace is ignored', probed, [wanted, started, ill], 'starting', 'start probe'],
  [
    'a failure after the grace ends it',
    probed,
    [wanted, started, ill, time(16_000), ill],
    'unhealthy',
    'start probe probe end',
  ],
  [
    'a failure that is over the limit is a death',
    probed,
    [wanted, started, time(16_000), { ...ill, atMs: 17_000 }, gone],
    'backoff',
    'start probe end',
  ],
  ['what it leaves is ended before anything else', plain, [wanted, started, ended(1)], 'stopping', 'start end'],
  ['after a death it waits', plain, [wanted, started, ended(1), gone], 'backoff', 'start end'],
  [
    'it does not start before the delay is over',
    plain,
    [wanted, started, ended(1), gone, time(4500)],
    'backoff',
    'start end',
  ],
  [
    'it starts again after the delay',
    plain,
    [wanted, started, ended(1), gone, time(5000)],
    'starting',
    'start end start',
  ],
  [
    'what could not be started is a death',
    plain,
    [wanted, { is: 'ended', exit: { is: 'not-started', reason: 'x' } }, gone],
    'backoff',
    'start end',
  ],
  ['a person may stop it', plain, [wanted, started, { is: 'desired-down' }, gone], 'down', 'start end'],
  [
    'a stop during the delay is at once',
    plain,
    [wanted, started, ended(1), gone, { is: 'desired-down' }],
    'down',
    'start end',
  ],
  [
    'a change of mind waits until the old one is gone',
    plain,
    [wanted, started, { is: 'desired-down' }, wanted],
    'stopping',
    'start end',
  ],
  ['and then starts', plain, [wanted, started, { is: 'desired-down' }, wanted, gone], 'starting', 'start end start'],
  ['a restart is no death', plain, [wanted, started, { is: 'restart' }, gone, started], 'up', 'start end start'],
  [
    'a restart cuts a delay short',
    plain,
    [wanted, started, ended(1), gone, { is: 'restart' }],
    'starting',
    'start end start',
  ],
  [
    'a late end of what is being stopped changes nothing',
    plain,
    [wanted, started, { is: 'desired-down' }, ended(0), gone],
    'down',
    'start end',
  ],
  [
    'the command of a daemon ends and its process is looked for',
    daemon,
    [wanted, started, ended(0)],
    'starting',
    'start look',
  ],
  [
    'a daemon is up once its process is found',
    daemon,
    [wanted, started, ended(0), { is: 'looked', found: process }],
    'up',
    'start look',
  ],
  ['a command of a daemon that fails is a death', daemon, [wanted, started, ended(1), gone], 'backoff', 'start end'],
  [
    'a pid file may come a little later',
    daemon,
    [wanted, started, ended(0), { is: 'looked', found: { missing: 'no file' } }, time(4250)],
    'starting',
    'start look look',
  ],
  [
    'but not for ever',
    daemon,
    [wanted, started, ended(0), { is: 'looked', found: { missing: 'no file' }, atMs: 20_000 }, gone],
    'backoff',
    'start look end',
  ],
  [
    'a daemon is looked at again after the interval',
    daemon,
    [wanted, started, ended(0), { is: 'looked', found: process, atMs: 4000 }, time(14_000)],
    'up',
    'start look look',
  ],
  [
    'a daemon that has gone is a death',
    daemon,
    [
      wanted,
      started,
      ended(0),
      { is: 'looked', found: process, atMs: 4000 },
      time(14_000),
      { is: 'looked', found: { missing: 'gone' } },
      gone,
    ],
    'backoff',
    'start look look end',
  ],
];

for (const [title, rules, events, at, effects] of table) {
  test(title, () => {
    const played = play(rules, events);
    assert.deepEqual([played.at, played.effects], [at, effects]);
  });
}

const dies: readonly Untimed[] = [wanted, started, ended(1), gone];

test('restart: on-failure leaves alone what ended with 0, never also what failed, always neither', () => {
  const after = (restart: Respawn['restart'], code: number) =>
    play({ ...plain, respawn: { ...respawn, restart } }, [wanted, started, ended(code), gone]).at;
  assert.deepEqual([after('always', 0), after('always', 1)], ['backoff', 'backoff']);
  assert.deepEqual([after('on-failure', 0), after('on-failure', 1)], ['finished', 'backoff']);
  assert.deepEqual([after('never', 0), after('never', 1)], ['finished', 'failed']);
});

test('a normal exit is the end of it, by code and by signal, but not when it had to be ended', () => {
  const rules = { ...probed, respawn: { ...respawn, normalExit: { codes: [3], signals: [15] } } };
  assert.equal(play(rules, [wanted, started, ended(3), gone]).at, 'finished');
  const signalled = { is: 'ended', exit: { is: 'signalled', signal: 15 } } as const;
  assert.equal(play(rules, [wanted, started, signalled, gone]).at, 'finished');
  assert.equal(play(rules, [wanted, started, signalled, gone, wanted, time(99_000)]).at, 'finished');
  assert.equal(play(rules, [wanted, started, { ...ill, atMs: 20_000 }, gone]).at, 'backoff');
});

test('what has failed or finished is tried again when a person says so, and not before', () => {
  const rules = { ...plain, respawn: { ...respawn, restart: 'never' } } as const;
  const { instance, at } = play(rules, dies);
  assert.equal(at, 'failed');
  assert.equal(
    play(rules, [wanted, { is: 'desired-down' }, wanted, { is: 'restart' }, time(999_000)], instance).at,
    'failed',
  );
  assert.equal(play(rules, [{ is: 'reset' }], instance).effects, 'start');
});

/** Delays between deaths and starts, in seconds, of an instance that lives `upSeconds` each time. */
function delays(rules: InstanceRules, deaths: number, upSeconds: number): number[] {
  let instance = play(rules, [wanted]).instance;
  const seconds: number[] = [];
  let atMs = 1000;
  const next = (event: Untimed) => {
    instance = step(instance, { ...event, atMs } as InstanceEvent, rules).instance;
  };
  for (let death = 0; death < deaths; death += 1) {
    next(started);
    atMs += upSeconds * 1000;
    next(ended(1));
    next(gone);
    if (instance.at !== 'backoff') break;
    seconds.push((instance.untilMs - atMs) / 1000);
    atMs = instance.untilMs;
    next({ is: 'time' });
  }
  return seconds;
}

test('the delay doubles with each quick death up to the longest, and begins anew after a long life', () => {
  assert.deepEqual(delays(plain, 10, 1), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
  assert.deepEqual(delays(plain, 3, 300), [1, 1, 1]);
});

test('a delay of nothing is not kept up: a program that ends at once would be started without end', () => {
  assert.deepEqual(delays({ ...plain, respawn: { ...respawn, delaySeconds: 0 } }, 4, 0), [0, 1, 2, 4]);
});

test('the respawn limit counts in a window that slides', () => {
  const limited = (count: number, intervalSeconds: number): InstanceRules => ({
    ...plain,
    respawn: { ...respawn, delaySeconds: 1, maxDelaySeconds: 1, limit: { count, intervalSeconds } },
  });
  // A death each 10 s: at most 3 in any window of 30 s.
  assert.equal(delays(limited(3, 30), 20, 9).length, 20);
  assert.equal(delays(limited(2, 30), 20, 9).length, 2);
  // Four deaths are one more than three.
  assert.equal(delays(limited(3, 90), 20, 1).length, 3);
});

const anyEvent: fc.Arbitrary<Untimed> = fc.oneof(
  ...(['desired-up', 'desired-down', 'restart', 'reset', 'gone', 'time'] as const).map((is) => fc.constant({ is })),
  fc.constant(started),
  fc.constantFrom(0, 1, 3).map(ended),
  fc.constantFrom(well, ill, unknown, { is: 'answered', answer: { is: 'snoozed', untilMs: 1 } } as const),
  fc.constantFrom({ is: 'looked', found: process } as const, { is: 'looked', found: { missing: 'x' } } as const),
);
const anyRules: fc.Arbitrary<InstanceRules> = fc
  .record({
    restart: fc.constantFrom('always', 'on-failure', 'never'),
    delaySeconds: fc.integer({ min: 0, max: 5 }),
    limited: fc.boolean(),
    probed: fc.boolean(),
    daemon: fc.boolean(),
  })
  .map(({ restart, delaySeconds, limited, probed: isProbed, daemon: isDaemon }) => ({
    ...(isProbed ? probed : plain),
    ...(isDaemon && { monitorSeconds: 10 }),
    respawn: {
      ...respawn,
      restart,
      delaySeconds,
      ...(limited && { limit: { count: 3, intervalSeconds: 60 } }),
    } as Respawn,
  }));
const anyPast = fc.array(fc.record({ event: anyEvent, waitMs: fc.integer({ min: 0, max: 40_000 }) }), {
  maxLength: 60,
});

/** A world that answers truly: events that could not happen are left out. Calls back after each step. */
function live(
  rules: InstanceRules,
  past: readonly { readonly event: Untimed; readonly waitMs: number }[],
  check: (
    instance: Instance,
    effects: readonly Effect[],
    world: { processes: number; atMs: number; before: Instance },
  ) => void,
): Instance {
  let instance = newInstance;
  const world = { processes: 0, atMs: 0, before: newInstance };
  for (const { event, waitMs } of past) {
    world.atMs += waitMs;
    // Gone is told only when nothing lives, and only to whoever has asked for the end.
    const isEnding = instance.at === 'stopping' || instance.at === 'unhealthy';
    if (event.is === 'gone' && !isEnding) continue;
    if (event.is === 'gone') world.processes = 0;
    world.before = instance;
    const next = step(instance, { ...event, atMs: world.atMs } as InstanceEvent, rules);
    instance = next.instance;
    for (const effect of next.effects) if (effect.do === 'start') world.processes += 1;
    check(instance, next.effects, world);
  }
  return instance;
}

test('whatever happens, a number never has two processes, and none where the machine says that there is none', () => {
  fc.assert(
    fc.property(anyRules, anyPast, (rules, past) => {
      live(rules, past, (instance, _effects, { processes }) => {
        assert.ok(processes <= 1, `${processes} processes in ${instance.at}`);
        if (!isAlive(instance)) assert.equal(processes, 0, instance.at);
      });
    }),
    { numRuns: 500 },
  );
});

test('whatever happens, a timer is armed only where something is due, and what was due is not due again at once', () => {
  fc.assert(
    fc.property(anyRules, anyPast, (rules, past) => {
      live(rules, past, (instance, _effects, { atMs }) => {
        const wakeMs = nextWakeMs(instance, rules);
        if (!['starting', 'up', 'backoff'].includes(instance.at)) assert.equal(wakeMs, undefined, instance.at);
        if (wakeMs === undefined) return;
        const woken = step(instance, { is: 'time', atMs: Math.max(wakeMs, atMs) }, rules);
        const again = nextWakeMs(woken.instance, rules);
        assert.ok(
          again === undefined || again > wakeMs || woken.effects.length > 0,
          `${instance.at} wakes without end`,
        );
        assert.notDeepEqual(woken.instance, instance);
      });
    }),
    { numRuns: 500 },
  );
});

test('whatever happens, delays never get shorter as long as it does not live long', () => {
  fc.assert(
    fc.property(anyRules, anyPast, (rules, past) => {
      let longestMs = 0;
      live(rules, past, (instance, _effects, { atMs, before }) => {
        if (instance.memory.deaths.quick === 0) longestMs = 0;
        if (instance.at !== 'backoff' || before.at === 'backoff') return;
        const delayMs = instance.untilMs - atMs;
        const wasLong = instance.memory.deaths.quick === 1;
        assert.ok(wasLong || delayMs >= longestMs, `${delayMs} after ${longestMs}`);
        longestMs = delayMs;
      });
    }),
    { numRuns: 500 },
  );
});

test('whatever happened, whoever is not wanted any more comes to rest once it is gone', () => {
  fc.assert(
    fc.property(anyRules, anyPast, (rules, past) => {
      const last = live(rules, past, () => {});
      const { instance } = play(rules, [{ is: 'desired-down', atMs: 9e9 }, gone], last);
      assert.ok(['down', 'failed', 'finished'].includes(instance.at), instance.at);
      assert.equal(nextWakeMs(instance, rules), undefined);
    }),
    { numRuns: 500 },
  );
});
