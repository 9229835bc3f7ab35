/**
 * The moment at which a job with `schedule: "@reboot"` is due: the start of this host or container.
 * The wall clock may be set after a boot, so the first result is stored as a symbolic link
 * `STATE/boots/BOOT -> MILLISECONDS`, and every program uses it until the next boot.
 */
import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { attempt } from '../file/attempt.ts';
import { namesIn, namesOrNone, quietly, readLinkIn } from '../file/careful-file.ts';
import { bootId, readProcess, ticksPerSecond } from '../process/proc.ts';
import { clock } from '../time/clock.ts';

/** The moment, in milliseconds since 1970, on a full second. */
export function bootTickMs(stateDirectory: string): number {
  const init = startOfInit();
  // A user who may not see process 1 knows only the boot of the host.
  const names = [`${bootId()}-${init ?? 0}`, `${bootId()}-0`];
  const kept = names.map((name) => keptMs(stateDirectory, name)).find((ms) => ms !== undefined);
  if (kept !== undefined) return kept;
  const foundMs = afterOthers(computedMs(init), stateDirectory);
  keep(stateDirectory, names[0] ?? '', foundMs);
  return keptMs(stateDirectory, names[0] ?? '') ?? foundMs;
}

/**
 * The start of the first process of this host or container: a container that is started again has
 * booted.
 */
function startOfInit(): number | undefined {
  const ticks = Number(readProcess(1)?.startTicks);
  return Number.isFinite(ticks) ? ticks : undefined;
}

function computedMs(init: number | undefined): number {
  const nowMs = clock.nowMs();
  const bootMs = nowMs - clock.sinceBootMs();
  const startedMs = bootMs + ((init ?? 0) / ticksPerSecond) * 1000;
  // In a container /proc/uptime may already count from the start of the container.
  return Math.ceil((startedMs > nowMs ? bootMs : startedMs) / 1000) * 1000;
}

/** A moment that no other boot has: a container that restarts within a second has booted again. */
function afterOthers(foundMs: number, stateDirectory: string): number {
  const others = namesOrNone(stateDirectory, 'boots').map((name) => keptMs(stateDirectory, name));
  return others.includes(foundMs) ? afterOthers(foundMs + 1000, stateDirectory) : foundMs;
}

function keptMs(stateDirectory: string, name: string): number | undefined {
  const ms = Number(quietly(() => readLinkIn(stateDirectory, `boots/${name}`)) ?? Number.NaN);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/**
 * Stores the moment. Root does not write into the service user's directory. Of several processes
 * the first one decides.
 */
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
