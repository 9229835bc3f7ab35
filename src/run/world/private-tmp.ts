/**
 * The programs that give a job its own /tmp and /var/tmp, by namespaces that an ordinary user may
 * create.
 */
import { isBelowTmp } from '../../job/audit/private-tmp.ts';
import type { Job } from '../../job/job.ts';
import type { World } from './world.ts';

/** Size of the tmpfs: without a bound it may take half the memory of the host. */
export const privateTmpSize = '1G';

const places = ['/tmp', '/var/tmp'] as const;

/**
 * The shell script that mounts, and then executes its arguments. Nothing is inserted into its text.
 * 125 is run-job's own exit code for what it can't start.
 */
const script = [
  ...places.map((place) => `/bin/mount -t tmpfs -o mode=1777,nosuid,nodev,size=${privateTmpSize} none ${place}`),
  'exec /usr/bin/env "$@"',
].join(' && ');

/**
 * Returns the words before the command. `env` enters the working directory again, so that it is not
 * a directory of the outer /tmp. `setpriv` drops what the mounts need: the command has no
 * capability and can gain none. If the shell is bash it adds two variables, which `env` removes.
 */
export function privateTmpPrefix({ workingDirectory, environment }: World): readonly string[] {
  const { PWD } = environment;
  return [
    ...['/usr/bin/unshare', '--user', '--map-current-user', '--keep-caps', '--mount', '--propagation', 'private', '--'],
    ...['/bin/sh', '-c', `${script} || exit 125`, 'private_tmp'],
    ...['--unset=_', '--unset=SHLVL', `--chdir=${workingDirectory}`, ...(PWD === undefined ? [] : [`PWD=${PWD}`])],
    ...['/usr/bin/setpriv', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '--'],
  ];
}

/**
 * Returns a command that fails if the kernel does not allow this. It runs before the job; the start
 * itself checks the directory.
 */
export function privateTmpTrial(): readonly [string, ...string[]] {
  const [program = '', ...rest] = privateTmpPrefix({ workingDirectory: '/', environment: {} });
  return [program, ...rest, '/bin/true'];
}

/**
 * Returns the reason why a job with `private_tmp` can't start: its directory or its program is in
 * the hidden /tmp.
 */
export function hiddenByPrivateTmp(
  { privateTmp }: Pick<Job, 'privateTmp'>,
  { workingDirectory }: World,
  program: string,
): string | undefined {
  if (!privateTmp) return undefined;
  if (isBelowTmp(workingDirectory)) return `its working directory ${workingDirectory} ${hidden}`;
  return isBelowTmp(program) ? `${program} ${hidden}` : undefined;
}

const hidden = 'is in the /tmp or /var/tmp of the host, which private_tmp hides from it';
