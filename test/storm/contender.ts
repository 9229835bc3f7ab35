/**
 * contender DIRECTORY SCRATCH: runs jobs under the lock until SCRATCH/end is there, as run-job would, and falls asleep or kills itself
 * between any two of its system calls. The jobs find out themselves whether they run alone.
 */
import childProcess, { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { JobLock } from '../../src/system/types/lock.ts';

const [directory = '', scratch = ''] = process.argv.slice(2);
const runsAlone = fileURLToPath(new URL('../../../test/fixtures/programs/runs-alone.sh', import.meta.url));
const stallChance = 0.02;
const deathChance = Number(process.env.DEATH_CHANCE);
const retryMs = Number(process.env.RETRY_MS);
const isLocking = process.env.WITHOUT_LOCK === undefined;

/** Only while the lock is at work. */
let isArmed = false;

/** What a busy machine or a person with kill -9 may do between any two steps. */
function disturb(): void {
  if (Math.random() < stallChance) pauseMs(Math.random() * 60);
  if (Math.random() < deathChance) {
    note('died');
    process.kill(process.pid, 'SIGKILL');
  }
}

function pauseMs(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

const append = fs.appendFileSync;
function note(event: string): void {
  append(path.join(scratch, 'events'), `${event}\n`);
}

/** Disturbs every call of these functions, wherever they are imported; the lock is loaded afterwards. */
function disturbing(module: object, names: readonly string[]): void {
  const functions = module as Record<string, (...args: unknown[]) => unknown>;
  for (const name of names) {
    const original = functions[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    functions[name] = (...args) => {
      // Not the hundreds of looks into /proc, or it would never come to a run.
      const matters = isArmed && !String(args[0]).startsWith('/proc');
      if (matters) disturb();
      const answer = original(...args);
      if (matters) disturb();
      return answer;
    };
  }
}

disturbing(fs, ['renameSync', 'unlinkSync', 'rmdirSync', 'mkdirSync', 'writeSync', 'openSync', 'readdirSync']);
disturbing(childProcess, ['spawnSync']);
syncBuiltinESMExports();
const { jobLocks } = await import('../../src/system/lock/lock.ts');
const { processesOfRun, processIdentity } = await import('../../src/system/process/proc.ts');
const locks = jobLocks({
  runDirectory: directory,
  wrapperCookie: process.env.PROCESS_CONTROL_WRAPPER,
  say: () => note('remark'),
});

/** A short job, one that outlives a killed run-job, one that closes what it inherits, one that goes on in a daemon that does. */
function randomCommand(): readonly string[] {
  const seconds = String(Math.random() < 0.85 ? 0.005 + Math.random() * 0.03 : 0.1 + Math.random() * 0.6);
  const alone = [runsAlone, path.join(scratch, 'oracle'), path.join(scratch, 'log'), seconds];
  const kind = Math.random();
  if (kind < 0.5 || process.env.KEEPS_LOCK) return alone;
  if (kind < 0.75) return ['sh', '-c', 'exec 3>&-; exec "$@"', 'closes', ...alone];
  return ['sh', '-c', 'exec 3>&-; setsid "$@" & :', 'daemon', ...alone];
}

async function runJob(runId: string, lock?: JobLock): Promise<void> {
  disturb();
  const job = spawn('/bin/sh', ['-c', '"$@"; exit $?', 'job', ...randomCommand()], {
    stdio: ['ignore', 'ignore', 'ignore', lock?.fd ?? 'ignore'],
    detached: true,
    env: { PATH: '/usr/bin:/bin', PROCESS_CONTROL_RUN_ID: runId },
  });
  const leader = job.pid === undefined ? undefined : processIdentity(job.pid);
  disturb();
  if (leader) lock?.record({ leader });
  append(path.join(scratch, 'holders'), `${process.pid} ${job.pid}\n`);
  await once(job, 'exit');
  while (processesOfRun({ runId }).length > 0) await shortly(50);
}

function shortly(atMostMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * atMostMs));
}

/** Takes the lock for one run, unless somebody else has it. */
async function takeTurn(runId: string): Promise<JobLock | undefined> {
  isArmed = true;
  const answer = await locks.acquire('job', runId);
  isArmed = false;
  if (answer.is === 'held') return answer.lock;
  note(answer.is === 'busy' ? answer.holder.state : `unavailable: ${answer.stage.split(' ')[0]}`);
  return undefined;
}

for (let run = 0; !fs.existsSync(path.join(scratch, 'end')); run++) {
  const runId = `storm-${process.pid}-${run}`;
  const lock = isLocking ? await takeTurn(runId) : undefined;
  if (lock || !isLocking) await runJob(runId, lock);
  else await shortly(retryMs);
  isArmed = true;
  await lock?.release();
  isArmed = false;
}
