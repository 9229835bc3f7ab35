/** The processes of deliver-notices that belong to a house. */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { type House, until } from './house.ts';

export function deliverers(house: House): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = proc(pid, 'cmdline').split('\0');
      return words.includes('deliver-notices') && words.some((word) => word.startsWith(house.directory));
    })
    .map(Number);
}

/** Resolves when all that could be delivered has been: no deliverer is left. */
export async function deliverersGone(house: House): Promise<void> {
  await until('deliver-notices to end', () => deliverers(house).length === 0);
}

/** Ends those that would try for three days to reach a server that is away. */
export async function endDeliverers(house: House): Promise<void> {
  for (const pid of deliverers(house)) process.kill(pid, 'SIGKILL');
  await deliverersGone(house);
}

/** A file of a process; empty if the process is gone. */
export function proc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
