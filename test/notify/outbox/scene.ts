/** A host whose runs are queued, and recipients that answer as the test says. */
import type { Channel } from '../../../src/job/keys/notices.ts';
import type { Delivering } from '../../../src/notify/outbox/deliver.ts';
import type { Entry } from '../../../src/notify/outbox/entry.ts';
import { noticeFolders } from '../../../src/notify/outbox/folders.ts';
import { type QueuedRun, queuedRunName } from '../../../src/notify/outbox/queued-run.ts';
import { undeliveredNotices } from '../../../src/notify/outbox/undelivered.ts';
import { unsavedFiles } from '../../../src/notify/outbox/unsaved-files.ts';
import type { HistoryEvent } from '../../../src/run/history/event.ts';
import { formatEvent, parseEvents } from '../../../src/run/history/event-lines.ts';
import { foldHistory } from '../../../src/run/history/history.ts';
import type { Outcome } from '../../../src/run/outcome/outcome.ts';
import type { Delivery } from '../../../src/system/types/message.ts';
import type { StateFiles } from '../../../src/system/types/state.ts';
import { FakeClock, FakeHistory } from '../../fakes/host.ts';
import { zoneNamed } from '../../fakes/zones.ts';

export const mail: Channel = { kind: 'mail', to: 'ops@example.org', on: ['failure', 'recovery'] };
export const hook: Channel = {
  kind: 'webhook',
  address: { url: 'https://chat.example/s3cret' },
  on: ['failure', 'recovery'],
};
export const ping: Channel = { kind: 'ping', address: { url: 'https://hc.example/4f6e' } };
export const failed: Outcome = { kind: 'exited', code: 3 };
export const well: Outcome = { kind: 'exited', code: 0 };

export class Scene {
  readonly clock = new FakeClock();
  readonly history = new FakeHistory();
  readonly files: StateFiles = unsavedFiles();
  readonly incidents: StateFiles = unsavedFiles();
  readonly sent: string[] = [];
  readonly entries: Entry[] = [];
  readonly said: string[] = [];
  answer: (entry: Entry) => Delivery | Promise<Delivery> = () => ({ ok: true });
  #bell = () => {};
  #runs = 0;

  run(outcome: Outcome, channels: readonly Channel[] = [mail], more: Partial<QueuedRun> = {}): string {
    const run = this.start(channels, more);
    this.end(run, outcome, channels, more);
    return run;
  }

  start(channels: readonly Channel[], more: Partial<QueuedRun> = {}): string {
    this.#runs += 1;
    const run = `r${this.#runs}`;
    const atMs = this.clock.nowMs();
    const { slug = 'backup' } = more;
    const called = { run, atMs, trigger: { by: 'clock' }, host: 'db1' } as const;
    this.event(slug, { event: 'started', ...called, jobSha256: '', logPath: `/log/${run}` });
    if (channels.some(({ on }) => on === undefined)) this.queue({ run, channels, phase: 'started', ...more });
    return run;
  }

  end(run: string, outcome: Outcome, channels: readonly Channel[], more: Partial<QueuedRun> = {}): void {
    this.unqueued(run, outcome, more.slug);
    this.queue({ run, channels, phase: 'ended', outcome, ...more });
  }

  /** A run that was killed before it was queued. */
  unqueued(run: string, outcome: Outcome, slug = 'backup'): void {
    this.clock.step(1);
    const atMs = this.clock.nowMs();
    const common = { event: 'ended', run, atMs, outcome, durationMs: 1, attempt: 1 } as const;
    const before = parseEvents(this.history.read(slug));
    const base = foldHistory(before).streak;
    const streak =
      outcome === well ? { failures: 0 } : { failures: base.failures + 1, failingSinceMs: base.failingSinceMs ?? atMs };
    this.event(slug, { ...common, streak });
  }

  event(slug: string, event: HistoryEvent): void {
    this.history.append(slug, formatEvent(event));
  }

  queue(queued: Partial<QueuedRun> & Pick<QueuedRun, 'run' | 'channels' | 'phase'>): void {
    const atMs = this.clock.nowMs();
    const common = { slug: 'backup', name: 'Backup', host: 'db1', trigger: { by: 'clock' }, after: 1 } as const;
    const whole: QueuedRun = {
      ...common,
      atMs,
      startedMs: atMs,
      tail: `words of ${queued.run}`,
      remarks: [],
      ...queued,
    };
    this.files.write(noticeFolders.queue, queuedRunName(whole), JSON.stringify(whole));
    this.#bell();
  }

  world(more: Partial<Delivering> = {}): Delivering {
    return {
      ...{
        clock: this.clock,
        history: this.history,
        files: this.files,
        incidents: this.incidents,
        timeZone: zoneNamed('UTC'),
        endOfLog: (path: string) => `end of ${path}`,
      },
      log: (level, words) => this.said.push(`${level}: ${words}`),
      send: async (entry) => {
        const delivery = await this.answer(entry);
        this.sent.push(
          `${entry.isFailmail ? 'failmail' : entry.channel.kind} ${entry.payload.occasion} ${entry.run}${delivery.ok ? '' : ' ✗'}`,
        );
        this.entries.push(entry);
        return delivery;
      },
      queueChanged: (atMostMs) =>
        new Promise((resolve) => {
          const timer = this.clock.after(atMostMs, resolve);
          this.#bell = () => {
            timer.cancel();
            resolve();
          };
        }),
      ...more,
    };
  }

  get waiting() {
    return undeliveredNotices(this.files, this.clock.nowMs());
  }
  eventsOf(kind: HistoryEvent['event'], slug = 'backup') {
    return parseEvents(this.history.read(slug)).filter(({ event }) => event === kind);
  }
}

export class Killed extends Error {}

/** Files that take `life.left` changes; the next one ends the deliverer, as a kill -9 does. */
export function mortal(files: StateFiles, life: { left: number }): StateFiles {
  const step = () => {
    life.left -= 1;
    if (life.left < 0) throw new Killed();
  };
  return {
    ...files,
    write(folder, name, text) {
      step();
      return files.write(folder, name, text);
    },
    remove(folder, name) {
      step();
      return files.remove(folder, name);
    },
  };
}
