/** What services cost while nothing happens: cron's look each minute, and a supervisor of fifty instances beside supervisord's. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { listProcesses } from '../src/system/process/proc.ts';
import { isRoot, repository, until } from '../test/cli/house.ts';
import { ServiceHouse } from '../test/cli/serving.ts';
import type { Bench, Command, Figure, Row } from './frame/measure.ts';

const instances = 50;
const otherJobs = 1000;
const settleMs = 15_000;
const idleMs = 60_000;
const supervisord = '/usr/bin/supervisord';

export function bench(): Bench {
  const sleepers = `name: Sleepers\nservice: true\ninstances: ${instances}\ncommand: /bin/sleep 36000\n`;
  const house = new ServiceHouse({ sleepers });
  for (let n = 0; n < otherJobs; n += 1) {
    house.job(`job${n}`, `name: Job ${n}\ncommand: /bin/true\nschedule: "5 4 * * *"\n`);
  }
  const { uid, gid } = house.service;
  const identity = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'] : [];
  const command = (...argv: string[]): Command => ({ argv: [...identity, ...argv] as unknown as Command['argv'] });
  const ensure = command(path.join(repository, 'bin/run-job'), '--ensure', '--config', house.configFile);
  const node = { name: 'node -e 0', ...command(process.execPath, '-e', '0') };
  const row: Row = { title: `run-job --ensure, all well, beside ${otherJobs} jobs`, ours: ensure, peer: node };
  let ended = false;
  return {
    rows: [row],
    figures: () => figures(house),
    end() {
      if (ended) return;
      ended = true;
      execFileSync(path.join(repository, 'bin/jobctl'), ['--config', house.configFile, 'stop', 'sleepers'], {
        stdio: 'ignore',
      });
      house.remove();
    },
  };
}

interface Idle {
  readonly cpuMs: number;
  readonly pssKiB: number;
}

async function figures(house: ServiceHouse): Promise<readonly Figure[]> {
  await house.ensure();
  await house.until('sleepers', 'all of them', ({ state }) => state === 'UP');
  const supervisor = await house.supervisor('sleepers');
  const reapers = () => childrenOf(supervisor);
  const ours = await idle(() => [supervisor, ...reapers()]);
  const alone = await idle(() => [supervisor]);
  const peer = existsSync(supervisord) ? await idlePeer(house) : undefined;
  if (peer === undefined) return [];
  return [
    memory(`PSS of a supervisor of ${instances} instances, its reapers left out`, alone, peer),
    memory(`PSS of a supervisor of ${instances} instances with their reapers`, ours, peer),
    {
      title: `CPU of ${idleMs / 1000} s in which nothing happens, ${instances} instances`,
      ours: `${ours.cpuMs} ms`,
      peer: `supervisord ${peer.cpuMs} ms`,
      ratio: ours.cpuMs / Math.max(peer.cpuMs, 10),
    },
  ];
}

function memory(title: string, ours: Idle, peer: Idle): Figure {
  const mebibytes = ({ pssKiB }: Idle) => `${(pssKiB / 1024).toFixed(1)} MiB`;
  return { title, ours: mebibytes(ours), peer: `supervisord ${mebibytes(peer)}`, ratio: ours.pssKiB / peer.pssKiB };
}

/** Its reapers: each the parent of one instance. */
function childrenOf(pid: number): readonly number[] {
  return listProcesses().flatMap((found) => (found.parent === pid ? found.pid : []));
}

async function idle(pidsOf: () => readonly number[]): Promise<Idle> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const pids = pidsOf();
  const before = sum(pids.map(cpuMs));
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  return { cpuMs: sum(pids.map(cpuMs)) - before, pssKiB: sum(pids.map(pssKiB)) };
}

async function idlePeer(house: ServiceHouse): Promise<Idle> {
  const file = house.path('supervisord.conf');
  const program = `[program:sleepers]\ncommand=/bin/sleep 36000\nnumprocs=${instances}\nprocess_name=%(process_num)d\n`;
  writeFileSync(
    file,
    `[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile=${house.path('supervisord.pid')}\nchildlogdir=${house.path('log')}\n${program}`,
  );
  const peer: ChildProcess = spawn(supervisord, ['-c', file], { stdio: 'ignore', cwd: '/' });
  const pid = peer.pid ?? 0;
  try {
    await until('its instances', () => childrenOf(pid).length === instances, 60_000);
    return await idle(() => [pid]);
  } finally {
    const gone = new Promise((resolve) => peer.once('exit', resolve));
    peer.kill('SIGTERM');
    await gone;
  }
}

/** User and system time in the kernel's ticks of 10 ms. */
function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
