/** `jobctl fleet`: the pools of the configuration, their hosts, and which host has which job. */
import type { Config } from '../../config/config.ts';
import { type FleetView, fleetText } from '../../fleet/view.ts';
import { print } from '../frame/output.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { openJobs } from '../report/snapshots.ts';
import type { Options } from './frame/options.ts';

export function fleet({ json }: Options, config: Config): number {
  if (config.fleet === undefined) {
    if (json) print('{}\n');
    return json ? 0 : refuse('jobctl', 'the configuration has no "fleet", so every job belongs to this host', 0);
  }
  const opened = openJobs(config);
  if (!opened.ok) return refuseProblems([opened.problem]);
  const { slugs, load } = opened.jobs;
  const jobs = slugs.flatMap((slug) => {
    const loaded = load(slug);
    if (loaded?.ok !== true || loaded.value.seat === undefined) return [];
    const { host: _, ...seat } = loaded.value.seat;
    return [{ slug, disabled: loaded.value.disabled, ...seat }];
  });
  const { host, pools } = config.fleet;
  const view: FleetView = { host, pools, jobs };
  print(json ? `${JSON.stringify(view)}\n` : fleetText(view));
  return 0;
}
