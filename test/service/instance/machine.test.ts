/** The state machine of one instance: transitions by table, invariants by property. */
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
} from '../../../src/service/instance/instance.ts';
import { nextWakeMs, step } from '../../../src/service/instance/machine.ts';

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

/**
 * Plays events, each a second after the one before unless it has a time; returns the instance and
 * the names of all effects.
 */
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

const desired = { is: 'desired-up' } as const;
const started = { is: 'started', process } as const;
const gone = { is: 'gone' } as const;
const ended = (code: number) => ({ is: 'ended', exit: exited(code) }) as const;
const success = { is: 'answered', answer: { is: 'success' } } as const;
const failure = { is: 'answered', answer: { is: 'failure', reason: 'no answer' } } as const;
const unknown = { is: 'answered', answer: { is: 'unknown', reason: 'no such program' } } as const;
const time = (atMs: number) => ({ is: 'time', atMs }) as const;

const table: readonly (readonly [
  title: string,
  InstanceRules,
  readonly Untimed[],
  at: Instance['at'],
  effects: string,
])[] = [
  ['an instance that is to be down stays down', plain, [{ is: 'desired-down' }, time(9000)], 'down', ''],
  ['an instance that is to be up is started', plain, [desired], 'starting', 'start'],
  ['without a probe an instance is up as soon as it is started', plain, [desired, started], 'up', 'start'],
  ['with a probe an instance is probed at once and not up yet', probed, [desired, started], 'starting', 'start probe'],
  ['one success means up', probed, [desired, started, success], 'up', 'start probe'],
  [
    'a probe that can not run means neither up nor unhealthy',
    probed,
    [desired, started, unknown],
    'starting',
    'start probe',
  ],
  ['a failure within the grace is ignored', probed, [desired, started, failure], 'starting', 'start probe'],
  [
    'a failure after the grace ends the instance',
    probed,
    [desired, started, failure, time(16_000), failure],
    'unhealthy',
    'start probe probe end',
  ],
  [
    'one failure too many is a death',
    probed,
    [desired, started, time(16_000), { ...failure, atMs: 17_000 }, gone],
    'backoff',
    'start probe end',
  ],
  ['remaining processes are ended before anything else', plain, [desired, started, ended(1)], 'stopping', 'start end'],
  ['after a death the instance waits', plain, [desired, started, ended(1), gone], 'backoff', 'start end'],
  [
    'the instance does not start before the delay is over',
    plain,
    [desired, started, ended(1), gone, time(4500)],
    'backoff',
    'start end',
  ],
  [
    'the instance starts again after the delay',
    plain,
    [desired, started, ended(1), gone, time(5000)],
    'starting',
    'start end start',
  ],
  [
    'a start that fails is a death',
    plain,
    [desired, { is: 'ended', exit: { is: 'not-started', reason: 'x' } }, gone],
    'backoff',
    'start end',
  ],
  ['an operator may stop the instance', plain, [desired, started, { is: 'desired-down' }, gone], 'down', 'start end'],
  [
    'a stop during the delay takes effect at once',
    plain,
    [desired, started, ended(1), gone, { is: 'desired-down' }],
    'down',
    'start end',
  ],
  [
    'a start during a stop waits until the old process is gone',
    plain,
    [desired, started, { is: 'desired-down' }, desired],
    'stopping',
    'start end',
  ],
  [
    'a start during a stop happens when the old process is gone',
    plain,
    [desired, started, { is: 'desired-down' }, desired, gone],
    'starting',
    'start end start',
  ],
  ['a restart is no death', plain, [desired, started, { is: 'restart' }, gone, started], 'up', 'start end start'],
  [
    'a restart during the delay starts at once',
    plain,
    [desired, started, ended(1), gone, { is: 'restart' }],
    'starting',
    'start end start',
  ],
  [
    'the end of a command that is being stopped changes nothing',
    plain,
    [desired, started, { is: 'desired-down' }, ended(0), gone],
    'down',
    'start end',
  ],
  [
    'the command of a daemon ends and its process is looked for',
    daemon,
    [desired, started, ended(0)],
    'starting',
    'start look',
  ],
  [
    'a daemon is up once its process is found',
    daemon,
    [desired, started, ended(0), { is: 'looked', found: process }],
    'up',
    'start look',
  ],
  ['a command of a daemon that fails is a death', daemon, [desired, started, ended(1), gone], 'backoff', 'start end'],
  [
    'a pid file may appear a little later',
    daemon,
    [desired, started, ended(0), { is: 'looked', found: { missing: 'no file' } }, time(4250)],
    'starting',
    'start look look',
  ],
  [
    'a pid file that does not appear within its grace is a death',
    daemon,
    [desired, started, ended(0), { is: 'looked', found: { missing: 'no file' }, atMs: 20_000 }, gone],
    'backoff',
    'start look end',
  ],
  [
    'a daemon is looked at again after the interval',
    daemon,
    [desired, started, ended(0), { is: 'looked', found: process, atMs: 4000 }, time(14_000)],
    'up',
    'start look look',
  ],
  [
    'a daemon whose process is gone is a death',
    daemon,
    [
      desired,
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

const dies: readonly Untimed[] = [desired, started, ended(1), gone];

test('restart: on-failure does not restart after exit code 0, never does not restart at all, always restarts', () => {
  const after = (restart: Respawn['restart'], code: number) =>
    play({ ...plain, respawn: { ...respawn, restart } }, [desired, started, ended(code), gone]).at;
  assert.deepEqual([after('always', 0), after('always', 1)], ['backoff', 'backoff']);
  assert.deepEqual([after('on-failure', 0), after('on-failure', 1)], ['finished', 'backoff']);
  assert.deepEqual([after('never', 0), after('never', 1)], ['finished', 'failed']);
});

test('a normal exit, by code or by signal, finishes the instance unless the supervisor had to end it', () => {
  const rules = { ...probed, respawn: { ...respawn, normalExit: { codes: [3], signals: [15] } } };
  assert.equal(play(rules, [desired, started, ended(3), gone]).at, 'finished');
  const signalled = { is: 'ended', exit: { is: 'signalled', signal: 15 } } as const;
  assert.equal(play(rules, [desired, started, signalled, gone]).at, 'finished');
  assert.equal(play(rules, [desired, started, signalled, gone, desired, time(99_000)]).at, 'finished');
  assert.equal(play(rules, [desired, started, { ...failure, atMs: 20_000 }, gone]).at, 'backoff');
});

test('only a reset starts a failed or finished instance again', () => {
  const rules = { ...plain, respawn: { ...respawn, restart: 'never' } } as const;
  const { instance, at } = play(rules, dies);
  assert.equal(at, 'failed');
  assert.equal(
    play(rules, [desired, { is: 'desired-down' }, desired, { is: 'restart' }, time(999_000)], instance).at,
    'failed',
  );
  assert.equal(play(rules, [{ is: 'reset' }], instance).effects, 'start');
});

/**
 * Returns the delays between deaths and starts, in seconds, of an instance that lives `upSeconds`
 * each time.
 */
function delays(rules: InstanceRules, deaths: number, upSeconds: number): number[] {
  let instance = play(rules, [desired]).instance;
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

test('the delay doubles with each quick death up to its maximum and begins anew after a long life', () => {
  assert.deepEqual(delays(plain, 10, 1), [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
  assert.deepEqual(delays(plain, 3, 300), [1, 1, 1]);
});

test('a delay of 0 grows after quick deaths, so that a program that ends at once does not start in a tight loop', () => {
  assert.deepEqual(delays({ ...plain, respawn: { ...respawn, delaySeconds: 0 } }, 4, 0), [0, 1, 2, 4]);
});

test('the respawn limit counts deaths in a sliding window', () => {
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
  fc.constantFrom(success, failure, unknown, { is: 'answered', answer: { is: 'snoozed', untilMs: 1 } } as const),
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

/**
 * A host that answers truly: it leaves out events that could not happen. Calls back after each
 * step.
 */
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
    // `gone` follows only an `end`, and only when no process lives.
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

test('an instance never has two processes, and has none in a state without one', () => {
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

test('a timer is armed only if something is due, and what was done is not due again at once', () => {
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

test('delays never get shorter while the instance dies quickly', () => {
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

test('an instance that is to be down is at rest once its process is gone', () => {
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
