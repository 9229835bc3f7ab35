/** Services of the real programs: a house whose instances obey the test (serves.pl), and what is known of them from outside. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { appendFileSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { InstanceSnapshot, ServiceSnapshot } from '../../src/report/service-snapshot.ts';
import { processIdentity, readProcess } from '../../src/system/process/proc.ts';
import { House, type HouseOptions, repository, until } from './house.ts';

const serves = path.join(repository, 'test/fixtures/programs/serves.pl');

export class ServiceHouse extends House {
  readonly play = this.path('play');
  /** The words behind perl that make an instance. */
  readonly serves = `${serves} ${this.play}`;

  constructor(jobs: Readonly<Record<string, string>>, options: HouseOptions = {}) {
    super({}, withOwnPorts(options));
    mkdirSync(this.play, { mode: 0o755 });
    chownSync(this.play, this.service.uid, this.service.gid);
    for (const [slug, text] of Object.entries(jobs))
      this.job(slug, text.replaceAll('SERVES', `/usr/bin/perl ${this.serves}`));
  }

  /** What serves.pl looks for. */
  tell(name: string, text = ''): void {
    writeFileSync(path.join(this.play, name), text, { mode: 0o644 });
  }
  untell(name: string): void {
    rmSync(path.join(this.play, name), { force: true });
  }
  lines(name: string): readonly string[] {
    const file = path.join(this.play, name);
    // What follows the last newline is still being written.
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1).filter(Boolean) : [];
  }

  async ensure(): Promise<void> {
    const { code, stdout, stderr } = await this.run('run-job', ['--ensure']);
    assert.deepEqual(
      [code, stdout, stderr.replace('run-job: another --ensure is at work; nothing to do\n', '')],
      [0, '', ''],
    );
  }

  async status(slug: string): Promise<ServiceSnapshot> {
    const { stdout, stderr } = await this.run('jobctl', ['status', slug, '--json']);
    assert.notEqual(stdout, '', stderr);
    return (JSON.parse(stdout) as { service: ServiceSnapshot }).service;
  }

  /** Waits until the service is as it should be; says what it was when that never comes. */
  async until(slug: string, what: string, is: (seen: ServiceSnapshot) => boolean): Promise<ServiceSnapshot> {
    let last: ServiceSnapshot | undefined;
    try {
      return await until(
        what,
        async () => {
          last = await this.status(slug);
          return is(last) && last;
        },
        60_000,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}`);
    }
  }

  untilUp(slug: string): Promise<ServiceSnapshot> {
    return this.until(slug, `${slug} to be UP`, ({ state }) => state === 'UP');
  }

  async supervisor(slug: string): Promise<number> {
    const { supervisor } = await this.until(slug, 'a supervisor', (seen) => seen.supervisor?.pid !== undefined);
    return supervisor?.pid ?? 0;
  }

  /** Ends all services, whatever has become of them, so that a test leaves nothing behind. */
  async end(): Promise<void> {
    const { stdout } = await this.run('run-job', ['--list-jobs']);
    for (const slug of stdout.split('\n').filter(Boolean)) await this.run('jobctl', ['stop', slug]);
    this.remove();
  }

  note(name: string, line: string): void {
    appendFileSync(path.join(this.play, name), `${line}\n`);
  }
}

/** Ports that no other house takes while an instance is down, also one of a suite that runs beside this one. */
function withOwnPorts({ config = '', ...more }: HouseOptions): HouseOptions {
  const first = 20_000 + 20 * randomInt(600);
  return { ...more, config: config.includes('port_range') ? config : `port_range: ${first}-${first + 19}\n${config}` };
}

export function instanceOf(seen: ServiceSnapshot, number: number): InstanceSnapshot {
  const found = seen.instances.find((one) => one.number === number);
  assert.ok(found, JSON.stringify(seen));
  return found;
}

export function pidOf(seen: ServiceSnapshot, number: number): number {
  const { pid } = instanceOf(seen, number);
  assert.ok(pid !== undefined, JSON.stringify(seen));
  return pid;
}

export function isThere(pid: number): boolean {
  return readProcess(pid)?.state !== undefined && readProcess(pid)?.state !== 'Z';
}

/** The reaper of an instance: what its process has as parent. */
export function reaperOf(pid: number): number {
  return readProcess(pid)?.parent ?? 0;
}

export function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  assert.ok(processIdentity(pid), `process ${pid} is not there`);
  process.kill(pid, signal);
}

/** All at once: what ends by itself when another of them is gone need not be there any more. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) assert.ok(processIdentity(pid), `process ${pid} is not there`);
  killLiving(pids);
}

/** Those of them that are still there. */
export function killLiving(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
    }
  }
}

/** Processes with this word in their command line. */
export function withWord(word: string): readonly number[] {
  const listed = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return listed.filter((line) => line.split(/\s+/).includes(word)).map((line) => Number.parseInt(line, 10));
}
