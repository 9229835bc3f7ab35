/** `jobctl doctor`: checks everything on this host that jobs depend on, and says what to do about what is wrong. */
import type { Config } from '../../../config/config.ts';
import { advise } from '../../../report/advice.ts';
import type { ClockFacts } from '../../../report/clock/installed.ts';
import { type Check, doctorCode, doctorText } from '../../../report/text/doctor.ts';
import { type AnySnapshot, isBroken } from '../../../report/text/job.ts';
import { asUser } from '../../../system/file/as-user.ts';
import { formatProblem } from '../../../text/problem.ts';
import { readInstalled } from '../../crontab/installed.ts';
import { print } from '../../frame/output.ts';
import { loadSetting } from '../../frame/setting.ts';
import { openJobs } from '../../report/snapshots.ts';
import { timesOf } from '../../report/times.ts';
import type { Options } from '../frame/options.ts';
import { cronChecks } from './cron.ts';
import { peopleChecks } from './people.ts';
import { placeChecks } from './places.ts';

export async function doctor(options: Options, config: Config): Promise<number> {
  const checks = await checksOf(options, config);
  print(options.json ? checks.map((check) => `${JSON.stringify(check)}\n`).join('') : doctorText(checks));
  return doctorCode(checks);
}

async function checksOf(options: Options, config: Config): Promise<readonly Check[]> {
  const setting = loadSetting(options.config);
  const opened = openJobs(config, timesOf(config));
  // What jobs have written is read with no more rights than the service user has.
  const snapshots = opened.ok
    ? asUser(config.serviceUser, () => opened.jobs.slugs.flatMap((slug) => opened.jobs.snapshot(slug) ?? []))
    : [];
  const jobs: readonly Check[] = opened.ok
    ? jobChecks(config, snapshots)
    : [{ about: 'job files', is: 'problem', words: formatProblem(opened.problem) }];
  return [
    ...cronChecks(config, readInstalled(config), linesOf(snapshots)),
    ...placeChecks(config, setting.ok ? setting.warnings : []),
    ...jobs,
    ...(await peopleChecks(config, options['mail-test'])),
  ];
}

function linesOf(snapshots: readonly AnySnapshot[]): readonly ClockFacts[] {
  return snapshots.flatMap((job) => (isBroken(job) || job.clock === undefined ? [] : [job.clock]));
}

function jobChecks({ jobDirectory }: Config, snapshots: readonly AnySnapshot[]): readonly Check[] {
  const about = 'job files';
  const broken = snapshots.filter((job) => isBroken(job) && job.file === 'broken');
  const failing = snapshots.filter(({ health }) => health === 'failing').map(({ slug }) => slug);
  const named = (slugs: readonly string[]) => `${slugs.slice(0, 5).join(', ')}${slugs.length > 5 ? ', …' : ''}`;
  const count = `${snapshots.length} in ${jobDirectory}`;
  const files: Check =
    broken.length === 0
      ? { about, is: 'ok', words: `${count}, without problems` }
      : {
          ...{ about, is: 'problem' },
          words: `${broken.length} of ${count} have problems: ${named(broken.map(({ slug }) => slug))}`,
          advice: [advise('see which', 'jobctl check')],
        };
  if (failing.length === 0) return [files, { about: 'runs', is: 'ok', words: 'no job is failing' }];
  const words = `${failing.length} ${failing.length === 1 ? 'job is' : 'jobs are'} failing: ${named(failing)}`;
  return [files, { about: 'runs', is: 'warning', words, advice: [advise('see their last words', 'jobctl failed')] }];
}
