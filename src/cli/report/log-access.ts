/** Words for a caller who may not read a log: who may, and two ways to get there. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { callerName } from '../frame/caller-name.ts';

/** `command` is what was typed; with sudo it shows the log at once. */
export function unreadableLogWords(file: string, command: string): string {
  const group = groupOf(file);
  const who = group === undefined ? 'its group may' : `the group "${group}" may`;
  const joining =
    group === undefined ? '' : `; or once for all, and at the next login: sudo usermod -aG ${group} ${callerName()}`;
  return `${file}: permission denied; only root, the service user and ${who} read it. Now: sudo ${command}${joining}`;
}

/**
 * The group of the file, or of the nearest directory that can be looked at, which has the same
 * group.
 */
export function groupOf(file: string): string | undefined {
  for (let place = file; place !== path.dirname(place); place = path.dirname(place)) {
    try {
      return groupName(statSync(place).gid);
    } catch {
      // Not even its facts can be seen from here.
    }
  }
  return undefined;
}

function groupName(gid: number): string | undefined {
  // Never advise to join the group of root.
  if (gid === 0) return undefined;
  try {
    const lines = readFileSync('/etc/group', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find(([, , number]) => number === String(gid))?.[0] ?? String(gid);
  } catch {
    return String(gid);
  }
}

/**
 * Words about a log whose record names a place outside of the output directory, since programs read
 * only below it; otherwise `undefined`.
 */
export function elsewhereWords(logPath: string, outputDirectory: string): string | undefined {
  if (path.dirname(path.dirname(path.normalize(logPath))) === path.normalize(outputDirectory)) return undefined;
  return `this log is on record as ${logPath}; only logs below ${outputDirectory} (output_directory) are shown: read that file yourself, or move it there`;
}
