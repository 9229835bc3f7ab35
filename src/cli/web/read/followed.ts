/** The log of a run or of an instance of a service, as one that is followed. */
import path from 'node:path';
import type { Config } from '../../../config/config.ts';
import type { RunSnapshot } from '../../../report/latest-runs.ts';
import { instanceLogs, laterLogs } from '../../../system/run-log/service-logs.ts';
import { realLocks } from '../../frame/host.ts';
import type { FollowedLog } from './follow-log.ts';
import { runLogPlace } from './run-log.ts';

/** A run under way has the lock, so mostly its history need not be read. */
export function followedRun(
  slug: string,
  run: string,
  { config, runs }: { readonly config: Config; readonly runs: () => readonly RunSnapshot[] },
): FollowedLog | undefined {
  const find = () => runs().find((one) => one.run === run);
  const place = runLogPlace(slug, find()?.logPath, config);
  if (place === undefined) return undefined;
  const locks = realLocks(config, () => undefined);
  const isOver = () => locks.holder(slug)?.runId !== run && find()?.outcome !== undefined;
  // The log may have been compressed meanwhile; without that ending it is found either way.
  const name = place.name.replace(/\.gz$/, '');
  return { outputDirectory: config.outputDirectory, slug, name, isOver, after: () => undefined };
}

/** `from` is the log that a reader was in. If it is gone, the next one that is there is the first. */
export function followedInstance(
  slug: string,
  instance: number,
  from: string | undefined,
  { outputDirectory }: Config,
): FollowedLog | undefined {
  const [folder, stem] = [path.join(outputDirectory, slug), `${slug}.${instance}`];
  const isOne = from?.startsWith(`${stem}-`) === true && /^[\w.@-]+$/.test(from);
  const known = instanceLogs(folder, stem);
  const name =
    from === undefined || !isOne || known.includes(from)
      ? (known.find((one) => one === from) ?? known.at(-1))
      : laterLogs(folder, stem, from)[0];
  if (name === undefined) return undefined;
  return { outputDirectory, slug, name, isOver: () => false, after: (one) => laterLogs(folder, stem, one)[0] };
}
