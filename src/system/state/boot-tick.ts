/**
 * The moment that a job with `schedule: "@reboot"` is due at: when this machine, or this container, was started. The wall clock may be set after a boot, so the
 * moment that was found first is kept as a symbolic link `STATE/boots/BOOT -> MILLISECONDS`, and is the same for every program until the next boot.
 */
import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { namesIn, quietly, readLinkIn } from '../file/careful-file.ts';
import { bootId, readProcess } from '../process/proc.ts';
import { clock } from '../time/clock.ts';
import { attempt } from './state-files.ts';

/** USER_HZ, which the kernel has fixed for what it tells programs (proc(5)). */
const ticksPerSecond = 100;

/** Milliseconds since 1970, whole seconds. */
export function bootTickMs(stateDirectory: string): number {
  const init = startOfInit();
  // Whoever may not see the first process knows the boot of the machine only.
  const names = [`${bootId()}-${init ?? 0}`, `${bootId()}-0`];
  const kept = names.map((name) => keptMs(stateDirectory, name)).find((ms) => ms !== undefined);
  if (kept !== undefined) return kept;
  const foundMs = afterOthers(computedMs(init), stateDirectory);
  keep(stateDirectory, names[0] ?? '', foundMs);
  return keptMs(stateDirectory, names[0] ?? '') ?? foundMs;
}

/** Of the first process of this machine or container: a container that is started again has booted. */
function startOfInit(): number | undefined {
  const ticks = Number(readProcess(1)?.startTicks);
  return Number.isFinite(ticks) ? ticks : undefined;
}

function computedMs(init: number | undefined): number {
  const nowMs = clock.nowMs();
  const bootMs = nowMs - clock.sinceBootMs();
  const startedMs = bootMs + ((init ?? 0) / ticksPerSecond) * 1000;
  // Where /proc/uptime is that of a container, the start of its first process is already in it.
  return Math.ceil((startedMs > nowMs ? bootMs : startedMs) / 1000) * 1000;
}

/** A container that is started again within a second has booted again: its moment is another one than that of the boot before. */
function afterOthers(foundMs: number, stateDirectory: string): number {
  const others = (quietly(() => namesIn(stateDirectory, 'boots')) ?? []).map((name) => keptMs(stateDirectory, name));
  return others.includes(foundMs) ? afterOthers(foundMs + 1000, stateDirectory) : foundMs;
}

function keptMs(stateDirectory: string, name: string): number | undefined {
  const ms = Number(quietly(() => readLinkIn(stateDirectory, `boots/${name}`)) ?? Number.NaN);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Root only looks: the directory is the service user's. Of several that come at once the first one is right for all. */
function keep(stateDirectory: string, name: string, ms: number): void {
  if (process.geteuid?.() === 0 && statSync(stateDirectory, { throwIfNoEntry: false })?.uid !== 0) return;
  const directory = path.join(stateDirectory, 'boots');
  attempt(() => {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    symlinkSync(String(ms), path.join(directory, name));
    for (const other of namesIn(stateDirectory, 'boots'))
      if (other !== name) rmSync(path.join(directory, other), { force: true });
  });
}
