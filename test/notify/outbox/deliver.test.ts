import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Channel } from '../../../src/job/keys/notices.ts';
import { deliverNotices } from '../../../src/notify/outbox/deliver.ts';
import { noticeFolders } from '../../../src/notify/outbox/folders.ts';
import { unsavedFiles } from '../../../src/notify/outbox/unsaved-files.ts';
import { parseEvents } from '../../../src/run/history/event-lines.ts';
import { foldHistory } from '../../../src/run/history/history.ts';
import type { Delivery } from '../../../src/system/types/message.ts';
import type { StateFiles } from '../../../src/system/types/state.ts';
import { settle } from '../../fakes/host.ts';
import { failed, hook, Killed, mail, mortal, ping, Scene, well } from './scene.ts';

test('each channel gets one message when an incident opens and one when it is over', async () => {
  const scene = new Scene();
  for (const outcome of [failed, failed, failed, well, well]) {
    scene.run(outcome, [mail, hook]);
    await deliverNotices('until-empty', scene.world());
  }
  assert.deepEqual(scene.sent, [
    ...['mail failure r1', 'webhook failure r1'],
    ...['mail recovery r4', 'webhook recovery r4'],
  ]);
  assert.deepEqual(scene.files.names(noticeFolders.queue), []);
  assert.match(scene.entries[0]?.payload.body ?? '', /words of r1\n/);
});

test('a check gets start and end in order', async () => {
  const scene = new Scene();
  const run = scene.start([ping]);
  await deliverNotices('until-empty', scene.world());
  scene.end(run, failed, [ping]);
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, ['ping start r1', 'ping end r1']);
});

test('a channel that fails is tried again with growing pauses, in order, and the history says so until it has come through', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'connection refused' });
  scene.run(failed);
  scene.run(well);
  const done = deliverNotices('until-empty', scene.world());
  const attempts = async (ms: number) => {
    await scene.clock.advance(ms);
    return scene.sent.length;
  };
  assert.equal(await attempts(4_000), 1);
  assert.equal(await attempts(2_000), 2);
  assert.equal(await attempts(8_000), 2);
  assert.equal(await attempts(3_000), 3);
  assert.ok(
    scene.sent.every((line) => line === 'mail failure r1 ✗'),
    'a recovery does not overtake its failure',
  );
  assert.equal(scene.waiting.length, 2);
  assert.deepEqual(scene.waiting[0]?.slug, 'backup');
  assert.equal(scene.eventsOf('notice-failed').length, 1, 'the same reason is recorded once');
  const record = () => foldHistory(parseEvents(scene.history.read('backup'))).runs.find(({ run }) => run === 'r1');
  assert.equal(record()?.noticeFailed, 'mail to ops@example.org: connection refused');
  scene.answer = () => ({ ok: true });
  await scene.clock.advance(60 * 60_000);
  await done;
  assert.deepEqual(scene.sent.slice(-2), ['mail failure r1', 'mail recovery r2']);
  assert.deepEqual(scene.waiting, []);
  assert.equal(record()?.noticeFailed, undefined);
});

test('a server that hangs holds back only its own channel', async () => {
  const scene = new Scene();
  let answerHook = (_delivery: Delivery) => {};
  scene.answer = ({ channel }) =>
    channel.kind === 'webhook'
      ? new Promise((resolve) => {
          answerHook = resolve;
        })
      : { ok: true };
  scene.run(failed, [hook, mail]);
  const done = deliverNotices('until-empty', scene.world());
  await settle();
  assert.deepEqual(scene.sent, ['mail failure r1']);
  // A run that is queued meanwhile is worded and sent.
  scene.run(well, [hook, mail]);
  await settle();
  await settle();
  assert.deepEqual(scene.sent, ['mail failure r1', 'mail recovery r2']);
  answerHook({ ok: true });
  await settle();
  answerHook({ ok: true });
  await done;
  assert.deepEqual(scene.sent.slice(2), ['webhook failure r1', 'webhook recovery r2']);
});

test('no more than eight messages are sent at the same time', async () => {
  const scene = new Scene();
  let open = 0;
  let most = 0;
  scene.answer = async () => {
    open += 1;
    most = Math.max(most, open);
    await settle();
    open -= 1;
    return { ok: true };
  };
  const many = Array.from({ length: 20 }, (_, i): Channel => ({ ...mail, to: `a${i}@example.org` }) as Channel);
  scene.run(failed, many);
  await deliverNotices('until-empty', scene.world());
  assert.equal(scene.sent.length, 20);
  assert.equal(most, 8);
});

test('once means one attempt for each message, and a message that failed stays', async () => {
  const scene = new Scene();
  scene.answer = ({ channel }) => (channel.kind === 'mail' ? { ok: true } : { ok: false, reason: 'gone' });
  scene.run(failed, [hook, mail]);
  await deliverNotices('once', scene.world());
  assert.deepEqual(scene.sent, ['webhook failure r1 ✗', 'mail failure r1']);
  assert.equal(scene.waiting.length, 1);
});

test('after three days in vain a message is given up with an error', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'connection refused' });
  scene.run(failed);
  const done = deliverNotices('until-empty', scene.world());
  await scene.clock.advance(3 * 24 * 3_600_000 - 60_000);
  assert.equal(scene.waiting.length, 1);
  await scene.clock.advance(3_600_000);
  await done;
  assert.match(
    scene.said.at(-1) ?? '',
    /^error: backup: mail to ops@example.org: "FAILED: .*" was not delivered: .*given up after \d+ attempts$/,
  );
  const last = scene.eventsOf('notice-failed').at(-1);
  assert.match(
    last?.event === 'notice-failed' ? last.reason : '',
    /^not delivered: connection refused; given up after/,
  );
});

test('a clock that was set back does not put a message off', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'no' });
  scene.run(failed);
  await deliverNotices('once', scene.world());
  scene.clock.step(-365 * 24 * 3_600_000);
  scene.answer = () => ({ ok: true });
  await deliverNotices('once', scene.world());
  assert.deepEqual(scene.sent, ['mail failure r1 ✗', 'mail failure r1']);
});

test('a message that a clock of the future has written is given up as late as any other', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'no' });
  scene.run(failed);
  await deliverNotices('once', scene.world());
  scene.clock.step(-365 * 24 * 3_600_000);
  const done = deliverNotices('until-empty', scene.world());
  await scene.clock.advance(3 * 24 * 3_600_000 - 60_000);
  assert.equal(scene.waiting.length, 1);
  await scene.clock.advance(3 * 3_600_000);
  await done;
  assert.match(scene.said.at(-1) ?? '', /^error: .* was not delivered: no; given up after 300 attempts$/);
});

test('the outbox of a job is bounded: the oldest message is given up, with an error', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'no' });
  for (let i = 0; i < 230; i += 1) scene.run(i % 2 === 0 ? failed : well);
  await deliverNotices('once', scene.world());
  await deliverNotices('once', scene.world());
  assert.equal(scene.waiting.length, 200);
  assert.equal(scene.said.filter((words) => /was not delivered: more than 200/.test(words)).length, 30);
  assert.ok((scene.waiting[0]?.atMs ?? 0) > Date.parse('2026-11-22T10:30:00.025Z'));
});

test('the start of a run that could not be delivered is dropped when a later message waits', async () => {
  const scene = new Scene();
  scene.answer = () => ({ ok: false, reason: 'no' });
  const run = scene.start([ping]);
  await deliverNotices('once', scene.world());
  scene.answer = () => ({ ok: true });
  scene.end(run, well, [ping]);
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, ['ping start r1 ✗', 'ping end r1']);
});

test('a run whose run-job was killed before it was queued is reported by the next one', async () => {
  const scene = new Scene();
  scene.run(well);
  const run = scene.start([mail]);
  scene.unqueued(run, failed);
  scene.run(failed);
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, ['mail failure r2']);
  assert.doesNotMatch(scene.entries[0]?.payload.body ?? '', /words of r3/, 'it has no output of another run');
  assert.match(scene.entries[0]?.payload.body ?? '', /end of \/log\/r2/, 'its log has its last words');
});

test('a run that died with the host is reported by the next run, also if that is the first queued one', async () => {
  const scene = new Scene();
  const dead = scene.start([mail]);
  scene.event('backup', { event: 'interrupted', run: dead, atMs: scene.clock.nowMs() });
  scene.run(well);
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, [`mail failure ${dead}`, 'mail recovery r2']);
});

test('a new channel gets news from now on', async () => {
  const scene = new Scene();
  for (const outcome of [failed, well, failed, failed]) scene.unqueued(scene.start([]), outcome);
  scene.run(failed, [{ ...mail, on: ['failure', 'recovery', 'success', 'warning'] }]);
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, ['mail failure r5']);
  assert.match(scene.entries[0]?.payload.subject ?? '', /\(3rd time in a row\)/);
});

test('the end of a run that could not be written to the history is reported', async () => {
  const scene = new Scene();
  scene.run(well);
  await deliverNotices('until-empty', scene.world());
  scene.history.full = true;
  scene.run(failed);
  const memory = unsavedFiles();
  for (const { name, text } of scene.files.readAll(noticeFolders.queue)) memory.write(noticeFolders.queue, name, text);
  await deliverNotices('once', scene.world({ files: memory }));
  assert.deepEqual(scene.sent, ['mail failure r2']);
});

test('invalid files in the queue and the outbox are removed and hold nothing back', async () => {
  const scene = new Scene();
  scene.files.write(noticeFolders.queue, 'a@1-r-ended.json', '{"slug":"a"');
  scene.files.write(noticeFolders.outbox, 'a@000000000000001-r-0.mail.failure.json', '[]');
  scene.run(failed);
  await deliverNotices('until-empty', scene.world());
  assert.deepEqual(scene.sent, ['mail failure r1']);
  assert.deepEqual(scene.waiting, []);
});

test('a run stays in the queue while the disk takes no message, and is worded later', async () => {
  const scene = new Scene();
  let full = true;
  const files: StateFiles = {
    ...scene.files,
    write: (folder, name, text) =>
      full && folder === noticeFolders.outbox
        ? { ok: false, reason: 'no space left on device' }
        : scene.files.write(folder, name, text),
  };
  scene.run(failed);
  const done = deliverNotices('until-empty', scene.world({ files }));
  await scene.clock.advance(60_000);
  assert.deepEqual(scene.sent, []);
  assert.match(scene.said[0] ?? '', /could not be kept: no space left/);
  full = false;
  await scene.clock.advance(15 * 60_000);
  await done;
  assert.deepEqual(scene.sent, ['mail failure r1']);
});

test('a disk that takes no change does not make the deliverer send a message in a loop', async () => {
  for (const [method, delivery, most] of [
    ['remove', { ok: true }, 1],
    ['write', { ok: false, reason: 'answered 503' }, 12],
  ] as const) {
    const scene = new Scene();
    let full = false;
    const files: StateFiles = {
      ...scene.files,
      [method]: (...args: [string, string, string]) =>
        full && args[0] === noticeFolders.outbox ? { ok: false, reason: 'read-only' } : scene.files[method](...args),
    };
    scene.answer = () => {
      full = true;
      return delivery;
    };
    scene.run(failed);
    const done = deliverNotices('until-empty', scene.world({ files }));
    await scene.clock.advance(60 * 60_000);
    assert.ok(scene.sent.length >= 1 && scene.sent.length <= most, `${method}: ${scene.sent.length}`);
    assert.ok(scene.said.some((words) => /read-only/.test(words)));
    full = false;
    scene.answer = () => ({ ok: true });
    await scene.clock.advance(60 * 60_000);
    await done;
    assert.equal(scene.sent.filter((words) => !words.endsWith('✗')).length, 1, method);
  }
});

test('killed at any moment, again and again, it loses no message and keeps their order', async () => {
  const deaths = fc.array(fc.nat({ max: 6 }), { maxLength: 12 });
  const outcomes = fc.array(fc.constantFrom(failed, well), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(outcomes, deaths, async (ends, lives) => {
      const calm = new Scene();
      const scene = new Scene();
      for (const outcome of ends) {
        calm.run(outcome);
        scene.run(outcome);
      }
      await deliverNotices('until-empty', calm.world());
      for (const left of [...lives, Number.POSITIVE_INFINITY]) {
        const life = { left };
        const world = scene.world({ files: mortal(scene.files, life), incidents: mortal(scene.incidents, life) });
        await deliverNotices('until-empty', world).catch((error) => assert.ok(error instanceof Killed));
      }
      const firsts = scene.sent.filter((line, index) => scene.sent.indexOf(line) === index);
      assert.deepEqual(firsts, calm.sent);
    }),
    { numRuns: 300 },
  );
});

test('a file that can not be read is removed from queue and outbox, and not silently', async () => {
  const scene = new Scene();
  scene.files.write(noticeFolders.queue, 'torn', '{"slug":');
  scene.files.write(noticeFolders.outbox, 'later\u001b[2J', '{"kind":"of a later version"}');
  const logged: string[] = [];
  await deliverNotices('until-empty', { ...scene.world(), log: (level, words) => logged.push(`${level} ${words}`) });
  assert.deepEqual(scene.files.names(noticeFolders.queue), []);
  assert.deepEqual(scene.waiting, []);
  assert.equal(logged.length, 2);
  for (const [index, folder] of [noticeFolders.queue, noticeFolders.outbox].entries())
    assert.ok(
      logged[index]?.startsWith(`error a notice was lost, since its file can't be read and was removed: ${folder}/`),
    );
  assert.doesNotMatch(logged.join(), /\u001b/);
});
