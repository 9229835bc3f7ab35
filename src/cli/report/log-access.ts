/** What to tell a person who may not read a log: whose it is, and both ways to it. */
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

/** Of the file, or of the nearest directory that can be looked at: a log has the group of its directory. */
function groupOf(file: string): string | undefined {
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
  // Nobody is told to join the group of root.
  if (gid === 0) return undefined;
  try {
    const lines = readFileSync('/etc/group', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find(([, , number]) => number === String(gid))?.[0] ?? String(gid);
  } catch {
    return String(gid);
  }
}

/** What to say of a log that a record places elsewhere than below the output directory, where alone the programs read; `undefined` for all others. */
export function elsewhereWords(logPath: string, outputDirectory: string): string | undefined {
  if (path.dirname(path.dirname(path.normalize(logPath))) === path.normalize(outputDirectory)) return undefined;
  return `this log is on record as ${logPath}; only logs below ${outputDirectory} (output_directory) are shown: read that file yourself, or move it there`;
}
