/** `jobctl status`, `why` and `history` of one service. */
import type { Config } from '../../config/config.ts';
import { isBroken, noticeRemarks } from '../../report/job-text.ts';
import { serviceDetails } from '../../report/service-text.ts';
import { exitCodes } from '../../run/outcome.ts';
import { timeText } from '../../schedule/wall-time.ts';
import { instanceOf, parseJournal } from '../../service/journal.ts';
import { stateCode } from '../../service/service-state.ts';
import { clock } from '../../system/clock.ts';
import { hostZone } from '../../system/zones.ts';
import { printable } from '../../yaml/printable.ts';
import { realHistory } from '../parts/machine.ts';
import { print, say } from '../parts/output.ts';
import { lookAtService } from '../parts/service-snapshots.ts';
import { openJobs } from '../parts/snapshots.ts';
import { history } from './history.ts';
import type { Options } from './options.ts';
import { holderOf, type ServiceTarget, sayGone } from './service-target.ts';

const usualLines = 20;
const whyLines = 5;

export function serviceStatus({ service, slug, instance }: ServiceTarget, options: Options, config: Config): number {
  const seen = lookAtService(service, holderOf(slug, config), config);
  const shown =
    instance === undefined ? seen : { ...seen, instances: seen.instances.filter(({ number }) => number === instance) };
  const opened = openJobs(config);
  const whole = opened.ok ? opened.jobs.snapshot(slug) : undefined;
  if (options.json) {
    print(`${JSON.stringify({ ...whole, service: shown })}\n`);
  } else {
    const formatTime = timeText(hostZone());
    const job = whole === undefined || isBroken(whole) ? undefined : whole;
    const notices = job === undefined ? [] : noticeRemarks(job, formatTime);
    const { unreadable } = job ?? {};
    print(serviceDetails(service, shown, { formatTime, nowMs: clock.nowMs(), unreadable, notices }));
  }
  if (instance === undefined) return stateCode(seen.state);
  const at = shown.instances[0]?.at;
  return at === 'up' ? 0 : at === 'down' || at === 'finished' ? 3 : 1;
}

/** Its state and what has led to it; with --json the same as status. */
export function serviceWhy(target: ServiceTarget, options: Options, config: Config): number {
  const code = serviceStatus(target, options, config);
  if (options.json) return code;
  const format = timeText(hostZone());
  const entries = parseJournal(realHistory(config).read(target.slug)).slice(-whyLines);
  print(entries.map(({ atMs, words }) => `${format(atMs)}  ${printable(words)}\n`).join(''));
  return code;
}

/** The history of one instance: what is about it, and about the whole service. */
export function serviceHistory({ slug, instance, service }: ServiceTarget, options: Options, config: Config): number {
  if (instance === undefined) return history(options, config);
  const count = Number(options.lines ?? usualLines);
  if (!Number.isInteger(count) || count < 1) {
    say('jobctl', `--lines must be a whole number, found "${options.lines}"`);
    return exitCodes.usage;
  }
  sayGone({ slug, instance, service }, config);
  const all = parseJournal(realHistory(config).read(slug));
  const entries = all.filter((entry) => [undefined, instance].includes(instanceOf(slug, entry))).slice(-count);
  const format = timeText(hostZone());
  if (options.json)
    print(entries.map((entry) => `${JSON.stringify({ job: slug, event: 'service', ...entry })}\n`).join(''));
  else if (entries.length === 0) say('jobctl', `${slug}.${instance} has never been up`);
  else print(entries.map(({ atMs, words }) => `${format(atMs)}  ${printable(words)}\n`).join(''));
  return 0;
}
