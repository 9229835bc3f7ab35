/**
 * Kills run-job with -9 at one system call after the other: each that changes something or touches a file of the house, found by watching one
 * run. KILL_STRIDE=1 takes every one of them, which needs a minute or two; without it each third.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import type { HistoryEvent } from '../../src/run/history/event.ts';
import { parseEvents } from '../../src/run/history/event-lines.ts';
import { foldHistory, unfinishedRuns } from '../../src/run/history/history.ts';
import { environmentOf, listProcesses, runIdsIn, variableIn } from '../../src/system/process/proc.ts';
import { ended, House, until } from './house.ts';

const noStrace = spawnSync('strace', ['-V']).error === undefined ? false : 'needs strace';
const stride = Number(process.env.KILL_STRIDE ?? 3);

const calls =
  'openat,write,pwrite64,ftruncate,rename,unlink,mkdir,rmdir,symlink,chmod,fchmod,utimensat,clone,fork,vfork';

/** The `number`th time that the process enters this system call; the call itself does not happen any more. */
interface Step {
  readonly call: string;
  readonly number: number;
  readonly line: string;
}

describe('run-job is killed with -9 at every step', { skip: noStrace, concurrency: 2 }, () => {
  const house = new House({});
  const slugs = ['one', 'two'];
  for (const slug of slugs) {
    const witness = house.path(`state/witness-${slug}`);
    const words = `echo begin $PROCESS_CONTROL_RUN_ID >> ${witness}; sleep 0.05; echo end $PROCESS_CONTROL_RUN_ID >> ${witness}`;
    house.job(slug, `name: Steps\ncommand: sh -c '${words}; echo done'\n`);
  }
  after(() => house.remove());

  let steps: readonly Step[] = [];
  before(async () => {
    steps = await stepsOf(house);
  });

  for (const [worker, slug] of slugs.entries()) {
    test(`nothing lives on, the status is true, the next run succeeds and no run is counted twice (${slug})`, async () => {
      assert.equal((await house.run('run-job', [slug])).code, 0);
      const mine = steps.filter((_, at) => at % stride === 0 && (at / stride) % slugs.length === worker);
      assert.ok(mine.length > 5, 'the steps were not found');
      let killed = 0;
      for (const step of mine) if (await killAt(house, slug, step)) killed += 1;
      assert.ok(killed > mine.length / 2, `only ${killed} of ${mine.length} runs were killed`);
    });
  }
});

async function stepsOf(house: House): Promise<readonly Step[]> {
  const file = house.path('state/trace');
  // The first run makes the files that all later ones find.
  for (const under of [[], ['strace', '-qq', '-o', file, '-e', `trace=${calls}`]]) {
    assert.equal((await house.run('run-job', ['one'], { under })).code, 0);
  }
  const seen = new Map<string, number>();
  const steps: Step[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const call = /^(\w+)\(/.exec(line)?.[1];
    if (call === undefined) continue;
    const number = (seen.get(call) ?? 0) + 1;
    seen.set(call, number);
    // Node wakes its own threads by writing one star.
    const matters = call === 'openat' ? line.includes(house.directory) : !line.includes('"*", 1)');
    if (matters) steps.push({ call, number, line });
  }
  return steps;
}

/** Whether the run was killed: the last steps are not always as many. */
async function killAt(house: House, slug: string, { call, number, line }: Step): Promise<boolean> {
  const at = `killed at ${line}`;
  const mark = `${slug}-${call}-${number}`;
  const under = ['strace', '-qq', '-o', '/dev/null', '-e', `trace=${call}`];
  const inject = ['-e', `inject=${call}:signal=SIGKILL:when=${number}`];
  const before = events(house, slug).length;
  const { code } = await ended(
    house.spawn('run-job', [slug], { under: [...under, ...inject], environment: { KILLED_AT: mark } }),
  );
  const fresh = events(house, slug).slice(before);
  const run = fresh.find(({ event }) => event === 'started')?.run;
  await checkStatus(house, slug, run, at);
  await until(`nothing to live that was ${at}`, () => !anyLives(mark, run));
  await checkStatus(house, slug, run, at);
  const next = await house.run('run-job', [slug]);
  assert.equal(next.code, 0, `${at}: ${next.stderr}`);
  checkHistory(events(house, slug).slice(before), run, at);
  assert.deepEqual(halfMade(house, slug), [], `${at}: the next run has left what was half made`);
  return code !== 0;
}

function events(house: House, slug: string): readonly HistoryEvent[] {
  const file = house.path(`state/history/${slug}.jsonl`);
  return existsSync(file) ? parseEvents(readFileSync(file, 'utf8')) : [];
}

/** The files of the job that wait to be renamed, wherever they lie. */
function halfMade(house: House, slug: string): readonly string[] {
  const all = readdirSync(house.directory, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => /(^|\/)\.[^/]*$/.test(name) && name.includes(slug));
}

/** "success" stands there only for a run that did its work; before the run was on record, for the one before it. */
async function checkStatus(house: House, slug: string, run: string | undefined, at: string): Promise<void> {
  const { code, stdout, stderr } = await house.run('run-job', ['--status', slug]);
  assert.equal(code, 0, `${at}: ${stderr}`);
  const [, status] = /last status: (\w+)/.exec(stdout) ?? [];
  const hasEnded =
    run === undefined || readFileSync(house.path(`state/witness-${slug}`), 'utf8').includes(`end ${run}`);
  const isRecorded = run === undefined || events(house, slug).some((e) => e.event === 'ended' && e.run === run);
  if (isRecorded) assert.ok(hasEnded, `${at}: an end is on record of a run that never came to it`);
  if (/status: running/.test(stdout)) return;
  assert.equal(status, isRecorded ? 'success' : 'failure', `${at}: ${stdout}`);
}

function anyLives(mark: string, run: string | undefined): boolean {
  return listProcesses().some(({ pid }) => {
    const environment = environmentOf(pid) ?? Buffer.alloc(0);
    if (variableIn(environment, 'KILLED_AT') === mark) return true;
    return run !== undefined && runIdsIn(environment).includes(run);
  });
}

function checkHistory(fresh: readonly HistoryEvent[], run: string | undefined, at: string): void {
  const history = foldHistory(fresh);
  const { runs, streak, lastStatus } = history;
  assert.equal(runs.length, run === undefined ? 1 : 2, `${at}: ${JSON.stringify(fresh)}`);
  assert.deepEqual(unfinishedRuns(history), [], at);
  assert.deepEqual([lastStatus, streak.failures], ['success', 0], at);
  for (const { run: id } of runs) {
    const kinds = fresh.filter((event) => event.run === id).map(({ event }) => event);
    assert.match(kinds.join(' '), /^started (ended|interrupted)$/, at);
  }
}
