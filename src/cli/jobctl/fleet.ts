/** `jobctl fleet`: the pools of the configuration, their hosts, and which host has which job. */
import type { Config } from '../../config/config.ts';
import type { EngineView } from '../../fleet/overview/engine-view.ts';
import { type FleetView, fleetText } from '../../fleet/view.ts';
import { hostZone } from '../../system/time/zones.ts';
import { defined } from '../../text/defined.ts';
import { timeText } from '../../zone/wall-time.ts';
import { print } from '../frame/output.ts';
import { refuse, refuseProblems } from '../frame/refuse.ts';
import { openJobs } from '../report/snapshots.ts';
import { notDone } from './frame/answers.ts';
import type { Options } from './frame/options.ts';

export async function fleet({ json }: Options, config: Config): Promise<number> {
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
  const etcd = config.fleet.etcd === undefined ? undefined : await askEtcd(jobs, config);
  const view: FleetView = { host, pools, jobs, ...defined({ etcd }) };
  print(json ? `${JSON.stringify(view)}\n` : fleetText(view, timeText(hostZone())));
  if (etcd?.isReached !== false) return 0;
  return refuse('jobctl', `this is what the configuration says; etcd can't be reached: ${etcd.reason}`, notDone);
}

async function askEtcd(jobs: FleetView['jobs'], config: Config): Promise<EngineView | undefined> {
  const { fleetInEtcd } = await import('./on-demand/fleet.ts');
  return fleetInEtcd(
    jobs.flatMap(({ slug, claimed }) => (claimed ? [slug] : [])),
    config,
  );
}
