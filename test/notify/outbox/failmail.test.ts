/**
 * Failmail in the queue and the outbox: each failure from the Nth in a row on, whatever is killed
 * or broken in between.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deliverNotices } from '../../../src/notify/outbox/deliver.ts';
import { noticeFolders } from '../../../src/notify/outbox/folders.ts';
import { undeliveredNotices } from '../../../src/notify/outbox/undelivered.ts';
import { unsavedFiles } from '../../../src/notify/outbox/unsaved-files.ts';
import type { Outcome } from '../../../src/run/outcome/outcome.ts';
import { failed, hook, Killed, mail, mortal, Scene, well } from './scene.ts';

const failmail = { from: 'Fail Mail <jobs@example.org>', to: 'ops@example.org', after: 1 };
const collision: Outcome = { kind: 'skipped', reason: 'running', words: 'still running', allowed: false };

test('each failure from the third in a row on is mailed, a success never', async () => {
  const scene = new Scene();
  for (const outcome of [failed, failed, failed, failed, well, failed]) {
    scene.run(outcome, [], { failmail: { ...failmail, after: 3 } });
    await deliverNotices('until-empty', scene.world());
  }
  assert.deepEqual(scene.sent, ['failmail failure r3', 'failmail failure r4']);
  const [first] = scene.entries;
  assert.equal(
    first?.payload.subject,
    'Fail Mail : Backup (backup) failed with exit code 3 (3rd time in a row) on db1',
  );
  assert.match(first?.payload.body ?? '', /\nFailures in a row: 3, since .*\n[\s\S]*\n {2}words of r3\n/);
  assert.deepEqual(
    [first?.fromAddress, first?.channel],
    [failmail.from, { kind: 'mail', to: failmail.to, on: ['failure'] }],
  );
});

test('failmail and notify are two recipients, also at the same address', async () => {
  const scene = new Scene();
  scene.run(failed, [mail, hook], { failmail });
  scene.run(failed, [mail, hook], { failmail });
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent.toSorted(), [
    ...['failmail failure r1', 'failmail failure r2'],
    ...['mail failure r1', 'webhook failure r1'],
  ]);
});

test('a run that an older version queued has had its failmail', async () => {
  const scene = new Scene();
  scene.run(failed, [mail]);
  scene.run(failed, [mail], { failmail });
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent.toSorted(), ['failmail failure r2', 'mail failure r1']);
});

test('an entry that an older version wrote, without the new keys, is sent', async () => {
  const scene = new Scene();
  scene.run(failed);
  scene.answer = () => ({ ok: false, reason: 'no' });
  await deliverNotices('once', scene.world());
  const [file] = scene.files.readAll(noticeFolders.outbox);
  assert.doesNotMatch(file?.text ?? '', /isFailmail|remaining/);
  scene.answer = () => ({ ok: true });
  scene.clock.step(10_000);
  await deliverNotices('once', scene.world());
  assert.deepEqual(scene.sent, ['mail failure r1 ✗', 'mail failure r1']);
});

test('a mail server that is away delays the mails and keeps their order', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'connection refused' });
  for (let i = 0; i < 3; i += 1) scene.run(failed, [], { failmail });
  const done = deliverNotices('until-empty', scene.world());
  await scene.clock.advance(20_000);
  assert.ok(scene.sent.every((line) => line === 'failmail failure r1 ✗'));
  assert.equal(scene.eventsOf('notice-failed').length, 1);
  scene.answer = () => ({ ok: true });
  await scene.clock.advance(3_600_000);
  await done;
  assert.deepEqual(scene.sent.slice(-3), ['failmail failure r1', 'failmail failure r2', 'failmail failure r3']);
});

test('a mail that reached some of its recipients is tried again with the others only, and holds back no later one', async () => {
  const scene = new Scene();
  const tried: (string | undefined)[] = [];
  scene.answer = ({ run, remaining }) => {
    tried.push(`${run} ${remaining ?? 'all'}`);
    return { ok: false, reason: '550 no such user', remaining: 'away@example.org' };
  };
  for (let i = 0; i < 2; i += 1)
    scene.run(failed, [], { failmail: { ...failmail, to: 'ops@example.org, away@example.org' } });
  const done = deliverNotices('until-empty', scene.world());
  await scene.clock.advance(30_000);
  assert.deepEqual([...new Set(tried)], ['r1 all', 'r2 all', 'r1 away@example.org']);
  assert.equal(tried.filter((each) => each?.endsWith('all')).length, 2);
  scene.answer = () => ({ ok: true });
  await scene.clock.advance(3_600_000);
  await done;
});

test('the note in the log of the run keeps its words', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'connection refused' });
  const notes: string[] = [];
  scene.run(failed, [mail], { failmail, logPath: '/log/r1' });
  await deliverNotices('once', scene.world({ noteInLog: (path, words) => notes.push(`${path} ${words}`) }));
  assert.deepEqual(notes.toSorted(), [
    '/log/r1 a notice failed: mail to ops@example.org: connection refused',
    '/log/r1 failmail could not be sent: connection refused',
  ]);
});

test('what the disk does not take is tried once, and the log says that it is lost', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'connection refused' });
  scene.run(failed, [], { failmail });
  const files = unsavedFiles();
  for (const { name, text } of scene.files.readAll(noticeFolders.queue)) files.write(noticeFolders.queue, name, text);
  await deliverNotices('unsaved', scene.world({ files }));
  assert.deepEqual(scene.sent, ['failmail failure r1 ✗']);
  assert.deepEqual(scene.said, [
    'error: backup: failmail: "Fail Mail : Backup (backup) failed with exit code 3 on db1" was not delivered: connection refused; not saved, so not tried again',
  ]);
  const event = scene.eventsOf('notice-failed').at(-1);
  assert.match(event?.event === 'notice-failed' ? event.reason : '', /^not delivered: connection refused/);
});

test('a failure whose run-job was killed before it was queued is mailed by the next run, with the end of its log', async () => {
  for (const next of [well, failed]) {
    const scene = new Scene();
    scene.run(well, [], { failmail });
    await deliverNotices('until-empty', scene.world());
    const killed = scene.start([]);
    scene.unqueued(killed, failed);
    scene.run(next, [], { failmail });
    await deliverNotices('until-empty', scene.world());
    assert.deepEqual(scene.sent, ['failmail failure r2', ...(next === failed ? ['failmail failure r3'] : [])]);
    assert.match(scene.entries[0]?.payload.body ?? '', /end of \/log\/r2/);
  }
});

test('of runs that died with the host the last is mailed, with their number', async () => {
  const scene = new Scene();
  const dead = [scene.start([]), scene.start([])];
  for (const run of dead) scene.event('backup', { event: 'interrupted', run, atMs: scene.clock.nowMs() });
  scene.run(well, [], { failmail });
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, ['failmail failure r2']);
  assert.match(scene.entries[0]?.payload.subject ?? '', /was interrupted.* \(2nd time in a row\)/);
});

test('a job that gets failmail is not mailed about its past', async () => {
  const scene = new Scene();
  scene.run(failed);
  for (let i = 0; i < 5; i += 1) scene.unqueued(scene.start([]), failed);
  scene.event('backup', {
    ...{ event: 'skipped', run: 'k', atMs: scene.clock.nowMs() },
    ...{ trigger: { by: 'clock' }, host: 'db1', outcome: collision as never },
  });
  scene.run(failed, [], { failmail });
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(
    scene.sent.filter((line) => line.startsWith('failmail')),
    ['failmail failure r7'],
  );
});

test('the recipients are those of the job file when the run ended', async () => {
  const scene = new Scene();
  scene.run(failed, [], { failmail });
  scene.run(failed, [], { failmail: { ...failmail, to: 'new@example.org' } });
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(
    scene.entries.map(({ channel }) => channel.kind === 'mail' && channel.to),
    ['ops@example.org', 'new@example.org'],
  );
});

test('killed at any moment, again and again, the deliverer loses no failmail', async () => {
  const outcomes = fc.array(fc.constantFrom(failed, well), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(outcomes, fc.array(fc.nat({ max: 6 }), { maxLength: 10 }), async (ends, lives) => {
      const scene = new Scene();
      const due = ends.flatMap((outcome) => {
        const run = scene.run(outcome, [], { failmail });
        return outcome === failed ? [`failmail failure ${run}`] : [];
      });
      for (const left of [...lives, Number.POSITIVE_INFINITY]) {
        const world = scene.world({ files: mortal(scene.files, { left }) });
        await deliverNotices('until-empty', world).catch((error) => assert.ok(error instanceof Killed));
      }
      assert.deepEqual([...new Set(scene.sent)], due);
    }),
    { numRuns: 200 },
  );
});

test('a run that has been in the queue for a minute is listed as undelivered', () => {
  const scene = new Scene();
  scene.run(failed, [], { failmail });
  assert.deepEqual(undeliveredNotices(scene.files, scene.clock.nowMs() + 30_000), []);
  const [waiting] = undeliveredNotices(scene.files, scene.clock.nowMs() + 90_000);
  assert.equal(waiting?.slug, 'backup');
  assert.equal(waiting.forMs, 90_000);
  const [toCome] = undeliveredNotices(scene.files, scene.clock.nowMs() - 3_600_000);
  assert.ok(toCome !== undefined && !('forMs' in toCome), 'the clock was set back since');
});
