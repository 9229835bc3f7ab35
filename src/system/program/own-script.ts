/** Opens the perl programs that lie beside this one: those of the version that this process began with. */
import { openSync } from 'node:fs';
import path from 'node:path';

/** The files of the installed folder as boot.cjs has found them: an upgrade in the middle of a run must not put another version in their place. */
const heldFiles = Symbol.for('process-control.held');

/** A descriptor of the caller's own; undefined where the program is missing. */
export function openOwnScript(name: string): number | undefined {
  const file = path.join(import.meta.dirname, name);
  const held = (globalThis as { [heldFiles]?: ReadonlyMap<string, number> })[heldFiles]?.get(file);
  return openScript(held === undefined ? file : `/proc/self/fd/${held}`);
}

export function openScript(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch {
    return undefined;
  }
}
