/** Jobs of the real programs that go on until the test lets them, and what is on record of them. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { HistoryEvent } from '../../src/run/history/event.ts';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { type Ended, ended, House, until } from './house.ts';

export interface Started {
  readonly child: ChildProcess;
  readonly done: Promise<Ended>;
}

export class PolicyHouse extends House {
  /** The command of a job that ends well once `let` was called for it. */
  until(slug: string): string {
    return `command: sh -c 'echo begun; while ! [ -e ${this.path(`let-${slug}`)} ]; do sleep 0.1; done'\n`;
  }

  let(slug: string): void {
    writeFileSync(this.path(`let-${slug}`), '');
  }

  hold(slug: string): void {
    rmSync(this.path(`let-${slug}`), { force: true });
  }

  start(slug: string, more: readonly string[] = []): Started {
    const child = this.spawn('run-job', [...more, slug]);
    return { child, done: ended(child) };
  }

  history(slug: string): readonly HistoryEvent[] {
    const file = this.path(`state/history/${slug}.jsonl`);
    return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
  }

  events(slug: string): readonly string[] {
    return this.history(slug).map(({ event }) => event);
  }

  /** The event of this kind that comes as number `count`, once it is there. */
  event<K extends HistoryEvent['event']>(
    slug: string,
    kind: K,
    count = 1,
  ): Promise<Extract<HistoryEvent, { event: K }>> {
    return until(
      `event ${kind} ${count} of ${slug}`,
      () => {
        const found = this.history(slug).filter(({ event }) => event === kind)[count - 1];
        return found as Extract<HistoryEvent, { event: K }> | undefined;
      },
      60_000,
    );
  }

  /** Runs the job once and looks at the code. */
  async exits(slug: string, code: number): Promise<Ended> {
    const end = await this.run('run-job', [slug]);
    assert.equal(end.code, code, end.stderr);
    return end;
  }
}
