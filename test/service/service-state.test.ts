/** The state of a service, row by row, its invariants, and the notices about it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAlive } from '../../src/service/instance/instance.ts';
import { type Alarm, judgeAlarm, noAlarm } from '../../src/service/record/alarm.ts';
import { type ServiceFacts, type ServiceState, serviceStateOf } from '../../src/service/service-state.ts';

const there = { is: 'there' } as const;
const missing = (forMs: number) => ({ is: 'missing', forMs }) as const;

function stateOf(states: ServiceFacts['states'], more: Partial<ServiceFacts> = {}): ServiceState {
  return serviceStateOf({
    desired: 'up',
    instances: states.length,
    states,
    anyAlive: states.some((at) => isAlive({ at })),
    anyDied: false,
    supervisor: there,
    ...more,
  });
}

const rows: readonly (readonly [string, ServiceState, ServiceFacts['states'], Partial<ServiceFacts>?])[] = [
  ['to be down and no process lives', 'DOWN', ['down', 'down'], { desired: 'down' }],
  ['to be down and one has failed', 'DOWN', ['failed'], { desired: 'down' }],
  ['every instance has finished', 'DOWN', ['finished', 'finished']],
  ['to be down and a process lives', 'STOPPING', ['down', 'stopping'], { desired: 'down' }],
  ['no supervisor for a minute', 'STARTING', ['down'], { supervisor: missing(60_000) }],
  ['no supervisor for two minutes', 'FAILED', ['down'], { supervisor: missing(120_000) }],
  ['no supervisor, and the instance had failed', 'FAILED', ['failed'], { supervisor: missing(1000) }],
  ['all start', 'STARTING', ['starting', 'starting']],
  ['one is up, one starts, none has died', 'STARTING', ['up', 'starting']],
  ['one is up, one starts again after a death', 'DEGRADED', ['up', 'starting'], { anyDied: true }],
  ['all are up', 'UP', ['up', 'up']],
  ['all are up again after deaths', 'UP', ['up', 'up'], { anyDied: true }],
  ['all are up, but the file asks for one more', 'DEGRADED', ['up', 'up'], { instances: 3 }],
  ['one waits for its restart', 'DEGRADED', ['up', 'backoff'], { anyDied: true }],
  ['the only one waits for its restart', 'DEGRADED', ['backoff'], { anyDied: true }],
  ['one has failed', 'DEGRADED', ['up', 'failed'], { anyDied: true }],
  ['one has finished', 'DEGRADED', ['up', 'finished']],
  ['one was stopped', 'DEGRADED', ['up', 'down']],
  ['all have failed', 'FAILED', ['failed', 'failed'], { anyDied: true }],
  ['one has failed, the other finished', 'FAILED', ['failed', 'finished'], { anyDied: true }],
];

for (const [title, state, states, more] of rows) {
  test(`${title}: ${state}`, () => assert.equal(stateOf(states, more), state));
}

test('a service is never UP with fewer instances than its file says, nor with none', () => {
  const at = fc.constantFrom(
    'down',
    'starting',
    'up',
    'unhealthy',
    'stopping',
    'backoff',
    'failed',
    'finished' as const,
  );
  fc.assert(
    fc.property(fc.array(at, { maxLength: 6 }), fc.nat(6), fc.boolean(), (states, instances, anyDied) => {
      const state = stateOf(states as ServiceFacts['states'], { instances, anyDied });
      if (state === 'UP') assert.ok(instances > 0 && states.filter((one) => one === 'up').length === instances);
    }),
  );
});

const minute = 60_000;

/** Returns the notices over a course of states, each with the milliseconds for which it lasts. */
function told(course: readonly (readonly [ServiceState, number])[]): string[] {
  let alarm: Alarm = noAlarm(0);
  const words: string[] = [];
  let atMs = 0;
  for (const [state, lastsMs] of course) {
    const endMs = atMs + lastsMs;
    for (let look: number | undefined = atMs; look !== undefined && look <= endMs; ) {
      const judged = judgeAlarm(alarm, state, look, 5 * minute);
      alarm = judged.alarm;
      if (judged.notice !== undefined) words.push(`${judged.notice} at ${look / 1000}`);
      look = judged.againMs;
    }
    atMs = endMs;
  }
  return words;
}

test('FAILED sends a notice at once, UP when it has lasted for min_uptime', () => {
  assert.deepEqual(
    told([
      ['UP', minute],
      ['FAILED', minute],
      ['UP', 10 * minute],
    ]),
    ['worse at 60', 'recovered at 420'],
  );
});

test('a single death after which the restart succeeds sends no notice', () => {
  assert.deepEqual(
    told([
      ['UP', minute],
      ['DEGRADED', 5000],
      ['UP', minute],
      ['DEGRADED', 50_000],
      ['UP', minute],
    ]),
    [],
  );
});

test('a service that dies again and again is one alarm', () => {
  const loop = Array.from({ length: 50 }, () => [['DEGRADED', 2 * minute] as const, ['UP', minute] as const]).flat();
  assert.deepEqual(told([['UP', minute], ...loop, ['UP', 10 * minute]]).length, 2);
});

test('a stop by an operator sends no notice, and the alarm goes on when the service is started again', () => {
  assert.deepEqual(
    told([
      ['UP', minute],
      ['STOPPING', minute],
      ['DOWN', 99 * minute],
    ]),
    [],
  );
  assert.deepEqual(
    told([
      ['FAILED', minute],
      ['DOWN', minute],
      ['STARTING', minute],
      ['FAILED', minute],
    ]),
    ['worse at 0'],
  );
});
