/**
 * `jobctl metrics`: the state of this host for Prometheus, on standard output or in a file that its
 * node_exporter reads; with --json the snapshot that metrics are made from.
 */
import path from 'node:path';
import process from 'node:process';
import type { Config } from '../../../config/config.ts';
import { neverBelow } from '../../../report/metrics/counters.ts';
import { exposition, type Family } from '../../../report/metrics/exposition.ts';
import { snapshotFamilies } from '../../../report/metrics/snapshot-families.ts';
import { isBroken } from '../../../report/text/job.ts';
import { exitCodes } from '../../../run/outcome/outcome.ts';
import { readText } from '../../../system/file/careful-file.ts';
import { replaceFile } from '../../../system/state/state-files.ts';
import { print } from '../../frame/output.ts';
import { refuse, refuseProblems } from '../../frame/refuse.ts';
import { hostSnapshot } from '../../report/host-snapshot.ts';
import type { Options } from '../frame/options.ts';

export function metrics({ detail = 'all', output, tag, json }: Options, config: Config): number {
  if (detail !== 'all' && detail !== 'alerts') return refuse('jobctl', `--detail is all or alerts, found "${detail}"`);
  if (output === '') return refuse('jobctl', '--output needs the path of a file');
  const taken = hostSnapshot(config, json ? undefined : 1);
  if (!taken.ok) return refuseProblems(taken.problems);
  const { jobs: others, services } = taken.value;
  const isShown = ({ tags }: { readonly tags: readonly string[] }) => tag === undefined || tags.includes(tag);
  if (tag !== undefined && ![...others, ...services].some(isShown))
    return refuse('jobctl', `no job has the tag "${tag}"`);
  if (json) {
    const shown = { ...taken.value, jobs: others.filter(isShown), services: services.filter(isShown) };
    return print(`${JSON.stringify(shown)}\n`) ? 0 : exitCodes.internal;
  }
  const families = snapshotFamilies(taken.value, detail, isShown);
  if (output === undefined) return print(exposition(families)) ? 0 : exitCodes.internal;
  const silent = others.flatMap((job) => (isBroken(job) || job.historyHidden === undefined ? [] : [job.slug]));
  return write(path.resolve(output), families, new Set(silent));
}

/** Ten times what 10,000 jobs need. */
const limitBytes = 128 * 1024 * 1024;

/** Root writes with the rights of the service user, which jobctl has taken on. node_exporter is another user, who must be able to read it. */
function write(file: string, families: readonly Family[], silent: ReadonlySet<string>): number {
  const before = readText(path.dirname(file), path.basename(file), limitBytes) ?? '';
  process.umask(0o022);
  try {
    replaceFile(file, exposition(neverBelow(families, before, silent)), 0o644);
    return 0;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : message;
    return refuse('jobctl', `${file} was not written: ${why}`, 1);
  }
}
