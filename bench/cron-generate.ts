/** cron-generate for 100, 1,000 and 10,000 jobs, nothing known and nothing changed, against what its predecessor costs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Bench, Command, Row } from './frame/measure.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** As large as the configuration that the predecessor ships. */
const settings = `cron_template: |
    # Generated from {source}
    {schedule} {user} {command}
runner_path: /usr/bin/run-job
user: nobody
default_job_config:
    failmail:
        from_address: "Fail Mail <jobs@example.org>"
        to_address: "ops@example.org"
    timeout: 10
logging:
    version: 1
    formatters:
        runjob:
            format: 'run-job[%(process)d]: %(message)s'
    handlers:
        syslog:
            address: /dev/log
            class: logging.handlers.SysLogHandler
            level: DEBUG
            facility: daemon
            formatter: runjob
    loggers:
        process-control:
            handlers:
                - syslog
            level: DEBUG
    disable_existing_loggers: false
output_directory: /var/log/process-control
run_directory: /run/process-control
`;

interface Jobs {
  readonly directory: string;
  readonly ours: Command;
  readonly peer: Command & { readonly name: string };
}

export function bench(): Bench {
  // Below /tmp a configuration does not count.
  const base = mkdtempSync('/var/lib/pc-bench-');
  const sizes = [100, 1000, 10_000].map((count) => ({ count, jobs: makeJobs(path.join(base, String(count)), count) }));
  const rows = sizes.flatMap(({ count, jobs }) => [cold(count, jobs), unchanged(count, jobs)]);
  const [, thousand, tenThousand] = sizes;
  if (thousand !== undefined && tenThousand !== undefined) rows.push(growth(thousand.jobs, tenThousand.jobs));
  return { rows, end: () => rmSync(base, { recursive: true }) };
}

function makeJobs(directory: string, count: number): Jobs {
  const jobs = path.join(directory, 'jobs');
  mkdirSync(jobs, { recursive: true });
  const config = path.join(directory, 'config.yaml');
  writeFileSync(config, `${settings}job_directory: ${jobs}\noutput_crontab: ${directory}/crontab\n`);
  for (let index = 0; index < count; index += 1) writeFileSync(path.join(jobs, `job${index}.yaml`), jobText(index));
  return {
    directory,
    ours: {
      argv: [path.join(root, 'bin/cron-generate')],
      environment: { PROCESS_CONTROL_CONFIG: config, CACHE_DIRECTORY: path.join(directory, 'cache') },
    },
    peer: { name: 'PyYAML', argv: ['/usr/bin/env', 'python3', path.join(root, 'bench/cron-generate.py'), config] },
  };
}

function jobText(index: number): string {
  return `name: Job ${index}
command: /usr/bin/true --number ${index}
schedule: "${index % 60} ${index % 24} * * *"
timeout: 10
tags: [nightly, database]
environment:
  LANG: C.UTF-8
`;
}

function cold(count: number, { directory, ours, peer }: Jobs): Row {
  const before = () => {
    for (const name of ['cache', 'crontab', 'crontab-2', 'crontab-3']) {
      rmSync(path.join(directory, name), { recursive: true, force: true });
    }
  };
  const pairs = count > 5000 ? 2 : count > 500 ? 9 : 15;
  return {
    title: `cron-generate, ${count} jobs, nothing known`,
    ours: { ...ours, before },
    peer,
    pairs,
    ...bars(count, 0.1, 0.05),
  };
}

function unchanged(count: number, { ours, peer }: Jobs): Row {
  const pairs = count > 5000 ? 2 : 15;
  return {
    title: `cron-generate, ${count} jobs, nothing changed`,
    ours: warmed(ours),
    peer,
    pairs,
    ...bars(count, 0.02, 0.012),
  };
}

/** The bars are for many jobs; few cost what starting Node costs. */
function bars(count: number, bar: number, stretch: number): Pick<Row, 'bar' | 'stretch'> {
  return count === 10_000 ? { bar, stretch } : {};
}

function growth(thousand: Jobs, tenThousand: Jobs): Row {
  const peer = { ...warmed(thousand.ours), name: '1000 jobs' };
  const title = 'cron-generate, nothing changed, 10000 jobs against 1000';
  return { title, ours: warmed(tenThousand.ours), peer, bar: 10, stretch: 4 };
}

/** Files count as known two seconds after their last change, so they are known by now. */
function warmed(ours: Command): Command {
  let warm = false;
  const before = () => {
    const [program, ...args] = ours.argv;
    if (!warm) spawnSync(program, args, { env: { PATH: '/usr/bin:/bin', ...ours.environment } });
    warm = true;
  };
  return { ...ours, before };
}
