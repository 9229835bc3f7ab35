/**
 * The moment that a job with `schedule: "@reboot"` is due at: when this machine, or this container, was started. The wall clock may be set after a boot, so the
 * moment that was found first is kept as a symbolic link `STATE/boots/BOOT -> MILLISECONDS`, and is the same for every program until the next boot.
 */
import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { clock } from './clock.ts';
import { bootId, readProcess } from './proc.ts';
import { attempt } from './state-files.ts';

/** USER_HZ, which the kernel has fixed for what it tells programs (proc(5)). */
const ticksPerSecond = 100;

/** Milliseconds since 1970, whole seconds. */
export function bootTickMs(stateDirectory: string): number {
  const directory = path.join(stateDirectory, 'boots');
  const init = startOfInit();
  // Whoever may not see the first process knows the boot of the machine only.
  const names = [`${bootId()}-${init ?? 0}`, `${bootId()}-0`];
  const kept = names.map((name) => keptMs(path.join(directory, name))).find((ms) => ms !== undefined);
  if (kept !== undefined) return kept;
  const foundMs = computedMs(init);
  keep(directory, names[0] ?? '', foundMs);
  return keptMs(path.join(directory, names[0] ?? '')) ?? foundMs;
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

function keptMs(link: string): number | undefined {
  try {
    const ms = Number(readlinkSync(link));
    return Number.isSafeInteger(ms) ? ms : undefined;
  } catch {
    return undefined;
  }
}

/** Root only looks: the directory is the service user's. Of several that come at once the first one is right for all. */
function keep(directory: string, name: string, ms: number): void {
  if (process.geteuid?.() === 0 && statSync(path.dirname(directory), { throwIfNoEntry: false })?.uid !== 0) return;
  attempt(() => {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    symlinkSync(String(ms), path.join(directory, name));
    for (const other of readdirSync(directory)) if (other !== name) rmSync(path.join(directory, other));
  });
}
