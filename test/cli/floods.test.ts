/** Whatever a job prints and wherever its log goes: nothing is lost unsaid, nobody waits for ever, and the exit code is the job's. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { ended, House, isRoot, until } from './house.ts';

const noNamespace = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0 ? false : 'needs root, to mount';

describe('the output of a whole run', { concurrency: 2 }, () => {
  const house = new House({
    quiet: 'name: Quiet\ncommand: echo done\n',
    lines: `name: Lines\ncommand: sh -c 'yes ${'y'.repeat(79)} | head -c 300000000'\nlog_max_size: 0\n`,
    usual: `name: Usual\ncommand: sh -c 'yes ${'y'.repeat(79)} | head -c 300000000'\n`,
    long: `name: Long\ncommand: sh -c 'head -c 100000000 /dev/zero | tr "\\0" y'\n`,
    full: `name: Full\ncommand: sh -c 'yes ${'y'.repeat(79)} | head -c 3000000; echo came here >&2; exit 7'\n`,
    holds: "name: Holds\ncommand: sh -c 'sleep 600 & echo $!'\nleftovers: allow\n",
  });
  after(() => house.remove());

  const history = (slug: string) => parseEvents(readFileSync(house.path(`state/history/${slug}.jsonl`), 'utf8'));

  test('is all there, be it 300 MB of lines or one line of 100 MB, and run-job does not grow with it', async () => {
    const quiet = await peakOf(house.spawn('run-job', ['quiet']));
    const lines = await peakOf(house.spawn('run-job', ['lines']));
    const long = await peakOf(house.spawn('run-job', ['long']));
    const usual = await peakOf(house.spawn('run-job', ['usual']));
    assert.ok(usual - quiet < 60, `${quiet} MiB for one line, ${usual} MiB for 300 MB of which the middle is left out`);
    const { size } = statSync(house.path('log/usual/latest.log'));
    assert.ok(size > 200 << 20 && size <= (256 << 20) + (1 << 20), `${size}`);
    assert.ok(lines - quiet < 40, `${quiet} MiB for one line, ${lines} MiB for 300 MB of lines`);
    assert.ok(long - quiet < 40, `${quiet} MiB for one line, ${long} MiB for a line of 100 MB`);
    // 80 bytes a line, one of them its end.
    assert.equal(await letters(house.path('log/lines/latest.log')), (300_000_000 / 80) * 79);
    assert.equal(await letters(house.path('log/long/latest.log')), 100_000_000);
    assert.ok(!history('lines').some((event) => event.event === 'ended' && event.lostBytes !== undefined));
  });

  test('does not keep run-job when a background process keeps the pipe', async () => {
    assert.equal((await house.run('run-job', ['holds'])).code, 0);
    const pid = Number(/INFO\t(\d+)\n/.exec(house.log('holds'))?.[1]);
    process.kill(pid, 'SIGTERM');
    assert.match(house.log('holds'), /NOTE\ta process that outlives the command keeps its output open/);
  });

  test('lost to a full disk are counted, recorded and reported; the job goes on', {
    skip: noNamespace,
  }, async () => {
    const run = await house.run('run-job', ['full'], onSmallDisk(house, ['log']));
    assert.equal(run.code, 7, run.stderr);
    assert.match(run.stderr, /full: log incomplete: \d+ bytes of output lost \(.*ENOSPC/);
    const last = history('full').at(-1);
    assert.ok(last?.event === 'ended' && (last.lostBytes ?? 0) > 1_000_000, JSON.stringify(last));
    assert.deepEqual(last.outcome, { kind: 'exited', code: 7 });
  });

  test('neither does a disk that is full under history and log alike', { skip: noNamespace }, async () => {
    const run = await house.run('run-job', ['full'], onSmallDisk(house, ['log', 'state'], true));
    assert.equal(run.code, 7, run.stderr);
    assert.match(run.stderr, /full: the history could not be written: ENOSPC/);
    assert.match(run.stderr, /full: log incomplete: \d+ bytes/);
    assert.match(run.stderr, /full failed with exit code 7/);
  });
});

/** The most memory that a process has had, in MiB; looked at until it has ended. */
async function peakOf(child: ChildProcess): Promise<number> {
  const done = ended(child);
  let peakKiB = 0;
  await until(
    'the end',
    () => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peakKiB = Math.max(peakKiB, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0));
      } catch {
        // It has ended.
      }
      return child.exitCode !== null;
    },
    300_000,
  );
  assert.equal((await done).code, 0);
  assert.ok(peakKiB > 20_000, 'nothing was measured');
  return Math.round(peakKiB / 1024);
}

/** How often the letter of the flood stands behind the header, which has the command line. */
async function letters(file: string): Promise<number> {
  let count = 0;
  const [header = ''] = /^.*?\t-----------\n/s.exec(readHead(file)) ?? [];
  assert.ok(header.length > 0);
  const letter = 'y'.charCodeAt(0);
  for await (const chunk of createReadStream(file, { start: header.length, highWaterMark: 1 << 20 })) {
    for (const byte of chunk as Buffer) if (byte === letter) count += 1;
  }
  return count;
}

function readHead(file: string): string {
  const bytes = Buffer.alloc(4096);
  const fd = openSync(file, 'r');
  readSync(fd, bytes);
  closeSync(fd);
  return bytes.toString('latin1');
}

/** As root, in a mount namespace where these directories of the house are file systems of 256 KiB; `filled` leaves nothing of it. */
function onSmallDisk(house: House, names: readonly string[], filled = false) {
  const places = names.map((name) => house.path(name));
  const mounts = places.map(
    (place) => `mount -t tmpfs -o size=256k,uid=${statSync(place).uid},mode=755 tmpfs ${place}`,
  );
  const ballast = filled ? [`cat /dev/zero 2>/dev/null >${house.path('state/ballast')} || true`] : [];
  const script = [...mounts, ...ballast, 'exec "$@"'].join('\n');
  return { as: 'root', under: ['unshare', '--mount', 'sh', '-ec', script, 'sh'] } as const;
}
