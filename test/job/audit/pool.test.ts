/** The keys of a job of a pool: what needs etcd, what has no effect, and what contradicts itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateJobText } from '../../../src/job/load.ts';
import type { Fleet } from '../../../src/system/types/fleet.ts';

const etcd = { endpoints: ['https://etcd1:2379'], prefix: '/process-control/' };
const named = { pools: { web: ['web1', 'web2'] } };
const engine = { ...named, etcd };

function saidOf(lines: string, fleet: Pick<Fleet, 'pools' | 'etcd'> | undefined): string {
  const bytes = Buffer.from(`name: A\ncommand: /bin/true\n${lines}\n`);
  const result = validateJobText({ file: 'a.yaml', bytes }, {}, fleet === undefined ? {} : { fleet });
  return (result.ok ? result.warnings : result.problems)
    .map(({ severity, message }) => `${severity}: ${message}`)
    .join('\n');
}

for (const [lines, fleet, said] of [
  ['pool: web\nplacement: spread', named, /^error: "placement: spread" needs "fleet.etcd" in the configuration$/],
  ['pool: web\ncandidates: 2', named, /^error: "candidates" needs "fleet.etcd"/],
  ['pool: web\ntakeover: never', named, /^error: "takeover" needs "fleet.etcd"/],
  ['pool: web\non_lost_run: rerun', named, /^error: "on_lost_run" needs "fleet.etcd"/],
  ['pool: web\nwithout_engine: run', named, /^error: "without_engine" needs "fleet.etcd"/],
  ['pool: web\nplacement: spread\ncandidates: all\ntakeover: 20s\non_lost_run: rerun', engine, /^$/],
  ['pool: web\nplacement: spread\ncandidates: 2', undefined, /^$/],
  ['pool: web\ntakeover: 39s\nkill_grace: 30s', engine, /^error: "takeover" must be at least 40s/],
  ['pool: web\ntakeover: 39s\nkill_grace: 30s', undefined, /^error: "takeover" must be at least 40s/],
  ['pool: web\ntakeover: never\nkill_grace: 30s', engine, /^$/],
  ['pool: web\nschedule: "@reboot"', engine, /^error: "schedule: @reboot" is of one host/],
  ['pool: web\nleftovers: allow', engine, /^warning: "leftovers: allow" keeps this host alone waiting/],
  ['pool: web\nleftovers: allow', named, /^$/],
  ['pool: web\nleftovers: kill', engine, /^$/],
  ['pool: web\nschedule: "@reboot"', named, /^$/],
  ['pool: web\nschedule: "@reboot"\nruns: each', engine, /^$/],
  ['pool: web\nruns: each\ncandidates: 2', named, /^warning: "candidates" has no effect with "runs: each"$/],
  ['takeover: 5m', engine, /^warning: "takeover" has no effect without "pool"$/],
  ['pool: web\nservice: true\ncandidates: 2', engine, /^warning: "candidates" has no effect for a service$/],
  ['pool: web\nservice: true\ntakeover: 5s\nwhen_cut_off: go_on', engine, /^$/],
  ['pool: web\nservice: true\ntakeover: 4s', engine, /^error: "takeover" must be at least 5s$/],
  ['pool: web\nservice: true\ntakeover: never', engine, /^error: "takeover: never" is not for services/],
  ['pool: web\nservice: true\ntakeover: 29s\nwhen_cut_off: stop', engine, /^error: "takeover" must be at least 30s/],
  ['pool: web\nservice: true\ntakeover: 30s\nwhen_cut_off: stop', engine, /^$/],
  [
    'pool: web\nservice: true\nwhen_cut_off: stop\nstop_timeout: 26s',
    engine,
    /^error: "takeover" must be at least 62s/,
  ],
  ['pool: web\nservice: true\nwhen_cut_off: stop', named, /^error: "when_cut_off" needs "fleet.etcd"/],
  ['pool: web\nwhen_cut_off: stop', engine, /^warning: "when_cut_off" has no effect for a job$/],
  ['pool: web\nlocks: [fleet/db, db]', engine, /^$/],
  ['pool: web\nlocks: [fleet/db]', named, /^error: the lock "fleet\/db" needs "fleet.etcd"/],
  ['locks: [fleet/db]', engine, /^error: the lock "fleet\/db" is one of the whole fleet/],
  ['pool: web\nruns: each\nlocks: [fleet/db]', engine, /^error: the lock "fleet\/db" is one of the whole fleet/],
] as const)
  test(`${lines.replaceAll('\n', ', ')} ${fleet === undefined ? 'by itself' : `with${fleet === engine ? '' : 'out'} etcd`}`, () =>
    assert.match(saidOf(lines, fleet), said));
