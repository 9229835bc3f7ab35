/** Hosts and etcds on machines of their own, with a network that can be cut. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { withoutEtcd } from '../system/state/etcd-cluster.ts';
import { until } from '../waiting.ts';
import { Machine } from './lab/machine.ts';
import { Members, memberNames } from './lab/members.ts';
import { Network, withoutNamespaces } from './lab/network.ts';

describe('a lab of machines', { skip: withoutNamespaces() || withoutEtcd() }, () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'pclab-'));
  let network: Network;
  let members: Members;
  let machines: readonly Machine[] = [];

  before(async () => {
    network = new Network([...memberNames, 'web1', 'web2']);
    members = new Members(network, directory);
    for (const name of memberNames) members.start(name);
    machines = ['web1', 'web2'].map(
      (name) => new Machine(name, { on: network.on(name), bootFile: path.join(directory, `${name}-boot`) }),
    );
    for (const machine of machines) await machine.boot();
  });

  after(async () => {
    for (const machine of machines) await machine.cutPower();
    await members?.remove();
    network?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const machine = (at: number) => machines[at] ?? assert.fail();

  /** Writes a key from a machine through one etcd; true if the majority has it. */
  function writes(under: readonly string[], endpoint: string): boolean {
    const program = `fetch(process.argv[1] + '/v3/kv/put', {method: 'POST', body: '{"key": "a2V5", "value": "dg=="}',
      signal: AbortSignal.timeout(1500)}).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
    const [file = '', ...words] = [...under, process.execPath, '-e', program, endpoint];
    return spawnSync(file, words, { stdio: 'ignore' }).status === 0;
  }
  const endpoint = (at: number) => members.endpoints[at] ?? assert.fail();

  test('a host reaches etcd, not when it is cut off, and again when that is healed', async () => {
    await until('a leader', () => writes(machine(0).under(), endpoint(0)));
    network.cut('web1');
    assert.equal(writes(machine(0).under(), endpoint(0)), false);
    assert.equal(writes(machine(1).under(), endpoint(0)), true);
    network.heal('web1');
    await until('the link', () => writes(machine(0).under(), endpoint(0)));
  });

  test('etcd goes on without one member, and one that is cut off from the others serves nobody', async () => {
    await members.kill('etcd1');
    await until('another leader', () => writes(machine(0).under(), endpoint(1)));
    assert.equal(writes(machine(0).under(), endpoint(0)), false);
    network.cut('etcd2');
    assert.equal(writes(machine(0).under(), endpoint(2)), false);
    members.start('etcd1');
    network.heal('etcd2');
    for (const at of [0, 1, 2]) await until(`member ${at}`, () => writes(machine(0).under(), endpoint(at)));
  });

  test('each host has a name and a boot of its own, and a loss of power ends all its processes', async () => {
    assert.deepEqual(
      machines.map((one) => one.hostName()),
      ['web1', 'web2'],
    );
    const bootOf = () => {
      const [file = '', ...words] = [...machine(0).under(), 'cat', '/proc/sys/kernel/random/boot_id'];
      return spawnSync(file, words, { encoding: 'utf8' }).stdout.trim();
    };
    const first = bootOf();
    assert.notEqual(first, readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
    const [file = '', ...words] = [...machine(0).under(), 'sh', '-c', 'setsid sleep 600 & setsid sleep 600 &'];
    spawnSync(file, words, { stdio: 'ignore' });
    const pids = machine(0).pids();
    assert.ok(pids.length >= 2);
    await machine(0).cutPower();
    await until('their end', () => pids.every((pid) => spawnSync('test', ['-e', `/proc/${pid}`]).status !== 0));
    await machine(0).boot();
    assert.notEqual(bootOf(), first);
  });
});
