/** What job-scheduler costs with few and many jobs: memory, processor time in a minute with one start, and how late that start is. */
import { readFileSync } from 'node:fs';
import { House, until } from '../test/cli/house.ts';
import { Scheduler } from '../test/cli/scheduler-house.ts';
import type { Bench, Figure } from './frame/measure.ts';

const sizes = [10, 1000, 10_000];
const minuteMs = 60_000;
const job = (schedule: string) => `name: Job\ncommand: /bin/true\nschedule: "${schedule}"\n`;

export function bench(): Bench {
  return { rows: [], figures, end: () => undefined };
}

async function figures(): Promise<readonly Figure[]> {
  const all: Figure[] = [];
  for (const size of sizes) all.push(...(await figuresOf(size)));
  return all;
}

async function figuresOf(size: number): Promise<readonly Figure[]> {
  const others = Array.from({ length: size - 1 }, (_, at) => [`job-${at}`, job('5 4 1 1 *')]);
  const house = new House({ now: job('* * * * *'), ...Object.fromEntries(others) });
  try {
    const scheduler = new Scheduler(house.spawn('job-scheduler', ['--log-format', 'json']));
    const { pid = 0 } = await until('its beginning', () => scheduler.of('ready')[0], 5 * minuteMs);
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const before = { cpuMs: cpuMsOf(pid), starts: scheduler.of('started').length };
    await new Promise((resolve) => setTimeout(resolve, minuteMs));
    const cpuMs = cpuMsOf(pid) - before.cpuMs;
    const started = await until('a start', () => scheduler.of('started')[before.starts], 2 * minuteMs);
    const lateMs = Date.parse(String(started.time)) % minuteMs;
    const pssKiB = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
    scheduler.signal('SIGTERM');
    await scheduler.ended;
    const titled = (title: string, ours: string): Figure => ({ title: `job-scheduler, ${size} jobs: ${title}`, ours });
    return [
      titled('PSS', `${Math.round(pssKiB / 1024)} MiB`),
      titled('CPU of a minute with one start', `${cpuMs} ms`),
      titled('start after the full minute', `${lateMs} ms`),
    ];
  } finally {
    house.remove();
  }
}

/** The time of the process alone, in the kernel's ticks of 10 ms: its runs are processes of their own. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
