/** The programs that give a job a /tmp and /var/tmp of its own, by namespaces that an ordinary user may make. */
import { isBelowTmp } from '../../job/audit/private-tmp.ts';
import type { Job } from '../../job/job.ts';
import type { World } from './world.ts';

/** Without a bound a tmpfs may take half the memory of the host. */
export const privateTmpSize = '1G';

const places = ['/tmp', '/var/tmp'] as const;

/**
 * Mounts, and gives way to the words after it. Nothing is put into the text: all it works with are its arguments.
 * 125 is what run-job itself says when it can't start something.
 */
const script = [
  ...places.map((place) => `/bin/mount -t tmpfs -o mode=1777,nosuid,nodev,size=${privateTmpSize} none ${place}`),
  'exec /usr/bin/env "$@"',
].join(' && ');

/**
 * The words before the command. Its directory is entered anew, lest it be one of the outer /tmp. What the mounts need is given up last:
 * no capability, held or to be had, reaches the command. A shell that is bash adds two variables, which are taken away again.
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

/** What shows, before anything of the job starts, whether the kernel allows all that; the directory is judged by the start itself. */
export function privateTmpTrial(): readonly [string, ...string[]] {
  const [program = '', ...rest] = privateTmpPrefix({ workingDirectory: '/', environment: {} });
  return [program, ...rest, '/bin/true'];
}

/** Why a job with `private_tmp` can't be started there: its directory, or its program, is in what it would not see. */
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
