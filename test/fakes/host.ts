/** The host in memory: a clock, locks, logs and commands that the test controls. */
import type { RunHost } from '../../src/run/run.ts';
import type { Clock } from '../../src/system/types/clock.ts';
import type { JobLock, JobLocks, LockHolder, Sweeper, Wrappers } from '../../src/system/types/lock.ts';
import type {
  EndBy,
  Launch,
  Launcher,
  Programs,
  RunningCommand,
  StopRequests,
  Survivor,
  WaitStatus,
} from '../../src/system/types/process.ts';
import type { LineSearch, LogTotals, OpenLogOptions, RunLogs } from '../../src/system/types/run-log.ts';
import type { HistoryStore, StateFiles } from '../../src/system/types/state.ts';
import type { User } from '../../src/system/types/user.ts';

export const user: User = { name: 'svc', uid: 1500, gid: 1500, home: '/home/svc', shell: '/bin/sh' };

export class FakeClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  #timers: { dueMs: number; then: () => void }[] = [];

  constructor(start = '2026-11-22T10:30:00Z') {
    this.#nowMs = Date.parse(start);
  }
  nowMs(): number {
    return this.#nowMs + this.#elapsedMs;
  }
  monotonicMs(): number {
    return this.#elapsedMs;
  }
  sinceBootMs(): number {
    return 1_000_000 + this.#elapsedMs;
  }
  after(delayMs: number, then: () => void) {
    const timer = { dueMs: this.#elapsedMs + delayMs, then };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }
  /** The number of pending timers. */
  get armed(): number {
    return this.#timers.length;
  }
  /** Drops all pending timers, as a KILL does with those of a process. */
  drop(): void {
    this.#timers = [];
  }
  /** Sets the wall clock; elapsed time goes on as before. */
  step(ms: number): void {
    this.#nowMs += ms;
  }
  /** Advances the clock timer by timer. All promises run before the next timer fires. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    for (;;) {
      await settle();
      const [next] = this.#timers.filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      next.then();
    }
    this.#elapsedMs = endMs;
    await settle();
  }
}

/** Runs every promise that is ready. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class FakeHistory implements HistoryStore {
  readonly text = new Map<string, string>();
  readonly earlier = new Map<string, string>();
  full = false;

  read(slug: string): string {
    return this.text.get(slug) ?? '';
  }
  tail(slug: string, limitBytes: number) {
    const text = this.read(slug);
    if (text.length <= limitBytes) return { text, isAll: true };
    const end = text.slice(-limitBytes);
    return { text: end.slice(end.indexOf('\n') + 1), isAll: false };
  }
  append(slug: string, line: string) {
    if (this.full) return { ok: false as const, reason: 'no space left on device' };
    this.text.set(slug, this.read(slug) + line);
    return { ok: true as const };
  }
  rotate(): undefined {}

  isFull(): boolean {
    return false;
  }
  kept(): string {
    return '';
  }
  predecessor(slug: string): Uint8Array | undefined {
    const text = this.earlier.get(slug);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }
}

export class FakeLocks implements JobLocks {
  readonly holders = new Map<string, LockHolder>();
  readonly records: Parameters<JobLock['record']>[0][] = [];
  /** The names, in order. */
  readonly taken: string[] = [];
  released = 0;

  acquire(slug: string, runId: string, job?: string) {
    const holder = this.holders.get(slug);
    if (holder !== undefined) return Promise.resolve({ is: 'busy' as const, holder });
    this.holders.set(slug, { state: 'running', runId, pids: [], ...(job !== undefined && { job }) });
    this.taken.push(slug);
    const lock: JobLock = {
      fd: 3,
      record: (facts) => this.records.push(facts),
      release: () => {
        this.released += 1;
        this.holders.delete(slug);
        return Promise.resolve();
      },
    };
    return Promise.resolve({ is: 'held' as const, lock });
  }
  holder(slug: string): LockHolder | undefined {
    return this.holders.get(slug);
  }
  look() {
    return (name: string) => this.holder(name);
  }

  names(): readonly string[] {
    return [...this.holders.keys()];
  }
}

/** A sweeper that ends the processes of an orphaned run, unless they can't be killed. */
export class FakeSweeper implements Sweeper {
  readonly swept: { runId: string | undefined; graceMs: number }[] = [];
  canNotKill = false;
  readonly #locks: FakeLocks;

  constructor(locks: FakeLocks) {
    this.#locks = locks;
  }
  left({ pids }: LockHolder) {
    return pids.map((pid) => ({ pid, command: 'forever' }));
  }
  end({ runId, pids }: LockHolder, graceMs: number) {
    this.swept.push({ runId, graceMs });
    if (this.canNotKill) return Promise.resolve(this.left({ state: 'orphaned', pids }));
    for (const [slug, holder] of this.#locks.holders) if (holder.runId === runId) this.#locks.holders.delete(slug);
    return Promise.resolve([]);
  }
}

/**
 * Run-jobs of other runs. They end when they get TERM, unless the test makes them ignore it; a
 * killed one leaves an orphan.
 */
export class FakeWrappers implements Wrappers {
  readonly asked: (string | undefined)[] = [];
  readonly killed: (string | undefined)[] = [];
  listens = true;
  canBeKilled = true;
  /** The holder after a run-job was killed. */
  orphans: readonly number[] = [];
  readonly #locks: FakeLocks;

  constructor(locks: FakeLocks) {
    this.#locks = locks;
  }
  askToEnd({ runId }: LockHolder): void {
    this.asked.push(runId);
    if (this.listens) this.#free(runId);
  }
  wake(): void {}
  kill({ runId }: LockHolder): void {
    this.killed.push(runId);
    if (!this.canBeKilled) return;
    for (const [slug, holder] of this.#locks.holders) {
      if (holder.runId !== runId) continue;
      if (this.orphans.length === 0) this.#locks.holders.delete(slug);
      else this.#locks.holders.set(slug, { ...holder, state: 'orphaned', pids: this.orphans });
    }
  }
  #free(runId: string | undefined): void {
    for (const [slug, holder] of this.#locks.holders) if (holder.runId === runId) this.#locks.holders.delete(slug);
  }
}

export class FakeState implements StateFiles {
  readonly files = new Map<string, string>();
  full = false;
  onWrite: (folder: string, name: string) => void = () => {};

  look(folder: string) {
    const records = this.readAll(folder).map((record) => ({ ...record, path: `/state/${folder}/${record.name}` }));
    return { is: 'read' as const, records };
  }
  names(folder: string) {
    return this.readAll(folder).map(({ name }) => name);
  }
  read(folder: string, name: string) {
    return this.files.get(`${folder}/${name}`);
  }
  readAll(folder: string) {
    return [...this.files].flatMap(([name, text]) =>
      name.startsWith(`${folder}/`) ? [{ name: name.slice(folder.length + 1), text }] : [],
    );
  }
  write(folder: string, name: string, text: string) {
    if (this.full) return { ok: false as const, reason: 'no space left on device' };
    this.files.set(`${folder}/${name}`, text);
    this.onWrite(folder, name);
    return { ok: true as const };
  }
  remove(folder: string, name: string) {
    this.files.delete(`${folder}/${name}`);
    return { ok: true as const };
  }
}

const plainSearch: LineSearch = {
  find(source, lines) {
    const line = lines.find((one) => new RegExp(source).test(one));
    return line === undefined ? { is: 'nowhere' } : { is: 'found', line };
  },
};

/** A command that runs until the test ends it. */
export class FakeCommand implements RunningCommand {
  readonly leader = { pid: 4711, startTicks: '1' };
  readonly ended: Promise<WaitStatus>;
  readonly overdue: Promise<void>;
  readonly deadlines: EndBy[] = [];
  readonly graces: number[] = [];
  readonly launch: Launch;
  left: readonly Survivor[] = [];
  survivors: readonly Survivor[] = [];
  ignoresStop = false;
  /** True when even KILL does not end the command. */
  outlivesAll = false;
  abandoned = false;
  end!: (status: WaitStatus) => void;
  passDeadline!: () => void;

  constructor(launch: Launch) {
    this.launch = launch;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.overdue = new Promise((resolve) => {
      this.passDeadline = resolve;
    });
  }
  setEndBy(endBy: EndBy): void {
    this.deadlines.push(endBy);
  }
  stop(graceMs: number) {
    this.graces.push(graceMs);
    if (this.outlivesAll) return Promise.resolve({ survivors: this.survivors, swept: 0 });
    if (!this.ignoresStop || graceMs === 0) this.end({ is: 'signalled', signal: this.ignoresStop ? 9 : 15 });
    return Promise.resolve({ survivors: this.survivors, swept: this.left.length });
  }
  leftovers() {
    return Promise.resolve(this.left);
  }
  abandon(): void {
    this.abandoned = true;
  }
  detach(): void {}
}

export class FakeLauncher implements Launcher {
  readonly commands: FakeCommand[] = [];
  failure: Extract<Awaited<ReturnType<Launcher['launch']>>, { is: 'failed' }> | undefined;
  /** Called for each command; without it a command runs until the test ends it. */
  onLaunch: ((command: FakeCommand) => void) | undefined;

  launch(launch: Launch) {
    if (this.failure !== undefined) return Promise.resolve(this.failure);
    const command = new FakeCommand(launch);
    this.commands.push(command);
    this.onLaunch?.(command);
    return Promise.resolve({ is: 'launched' as const, command });
  }
}

export class FakeLogs implements RunLogs {
  readonly lines: string[] = [];
  totals: LogTotals = { stdoutBytes: 0, stderrBytes: 0, lostBytes: 0, tail: '' };
  failure: { stage: string; reason: string } | undefined;
  heldOpen = false;
  /** Adds these lines to the output of the running command. */
  print: (stream: 'stdout' | 'stderr', ...lines: string[]) => void = () => undefined;

  open(slug: string, _startedMs: number, { watcher }: OpenLogOptions = {}) {
    this.print = (stream, ...lines) => watcher?.take(stream, Buffer.from(lines.map((line) => `${line}\n`).join('')));
    if (this.failure !== undefined) return { is: 'failed' as const, ...this.failure };
    const log = {
      path: `/var/log/process-control/${slug}/${slug}.log`,
      streams: () => ({ stdoutFd: 11, stderrFd: 12 }),
      commandStarted: (line: string, pid: number) => this.lines.push(`${line} (${pid})`),
      commandEnded: () => Promise.resolve({ heldOpen: this.heldOpen && ({ is: 'unread' } as const) }),
      note: (text: string) => this.lines.push(`NOTE ${text}`),
      close: () => Promise.resolve(this.totals),
    };
    return { is: 'open' as const, log };
  }
}

export class FakeStops implements StopRequests {
  readonly #listeners: ((request: { signal: number }) => void)[] = [];
  onStop(listener: (request: { signal: number }) => void): void {
    this.#listeners.push(listener);
  }
  request(signal = 15): void {
    for (const listener of this.#listeners) listener({ signal });
  }
}

const everyProgram: Programs = {
  find: (name) =>
    name.startsWith('missing')
      ? { is: 'missing', reason: `${name} is nowhere`, exitCode: 127 }
      : { is: 'found', path: name.startsWith('/') ? name : `/usr/bin/${name}` },
};

export function fakeHost() {
  const locks = new FakeLocks();
  const machine = {
    clock: new FakeClock(),
    history: new FakeHistory(),
    locks,
    sweeper: new FakeSweeper(locks),
    wrappers: new FakeWrappers(locks),
    state: new FakeState(),
    lineSearch: plainSearch,
    launcher: new FakeLauncher(),
    logs: new FakeLogs(),
    stops: new FakeStops(),
    programs: everyProgram,
    hostName: 'host.example',
    user,
    formatTime: (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' '),
  };
  return machine satisfies RunHost;
}
