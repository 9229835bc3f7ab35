/** Opens the perl programs beside the bundles, in the version with which this process began. */
import { openSync } from 'node:fs';
import path from 'node:path';

/**
 * The key of the files that boot.cjs holds open, so that an upgrade during a run does not replace
 * them by another version.
 */
const heldFiles = Symbol.for('process-control.held');

/** A new descriptor of the program; undefined when it is missing. */
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
