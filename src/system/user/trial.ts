/**
 * Tries whether the kernel lets this user have a /tmp of its own, and names the kernel setting that
 * refuses it.
 */
import { execFile } from 'node:child_process';
// biome-ignore lint/style/noRestrictedImports: reads below /proc/sys only.
import { readFileSync } from 'node:fs';

/** Long enough for a busy host; the trial itself waits for nothing. */
const patienceMs = 30_000;

/** Kernel settings that can refuse it, with the value that does. */
const settings: readonly (readonly [name: string, refuses: string])[] = [
  ['kernel.unprivileged_userns_clone', '0'],
  ['user.max_user_namespaces', '0'],
  ['user.max_mnt_namespaces', '0'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1'],
];

export const trialStage = 'giving it a /tmp of its own (private_tmp)';

/** The reason for a refusal; `undefined` when the trial succeeds. */
export function trialRefusal([program, ...args]: readonly [string, ...string[]]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { cwd: '/', env: { LC_ALL: 'C' }, timeout: patienceMs, killSignal: 'SIGKILL' as const };
    execFile(program, args, options, (error, _stdout, stderr) => {
      if (error === null) return resolve(undefined);
      const said = stderr.trim().split('\n').join(' ');
      const known = settings.filter(([name, refuses]) => settingOf(name) === refuses).map((pair) => pair.join(' = '));
      const words = said === '' ? `its trial ended with ${error.code ?? error.signal}` : said;
      resolve(known.length === 0 ? words : `${words} (this host has ${known.join(', ')})`);
    });
  });
}

function settingOf(setting: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${setting.replaceAll('.', '/')}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
