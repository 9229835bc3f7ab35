/**
 * The units of systemd that start the same as the lines of the crontab: a timer for each job, and one
 * service that starts them.
 *
 * A timer does nothing while the service that it starts is still active. So that a run is never in
 * the way of the next start, which run-job itself judges, the service only asks systemd for a run of
 * its own (systemd-run).
 */

/** A unit file, or a link to one. */
export interface UnitFile {
  readonly name: string;
  readonly text: string;
}

/** A job that a line of the crontab starts. */
export interface TimedJob {
  readonly slug: string;
  /** The values of `OnCalendar=`; `boot`: it starts after each boot. */
  readonly events: readonly string[] | 'boot';
}

export interface UnitOrder {
  readonly jobs: readonly TimedJob[];
  /** True if there is a line that starts services. */
  readonly ensure: boolean;
  /** True if there is a line that makes up for missed ticks. */
  readonly catchUp: boolean;
  /** `job_directory`. */
  readonly directory: string;
  readonly user: string;
  readonly searchPath: string;
  readonly runner: string;
  /** The value of `--config`; absent for the default configuration. */
  readonly config?: string;
}

const ownership =
  '# Written by cron-generate --target systemd (process-control). Change the job files: changes made here are lost.';
const targetName = 'process-control.target';
const bootTargetName = 'process-control-boot.target';
/** The time that a run has to end its job, longer than the `kill_grace` of nearly every job. */
const stopMinutes = 10;

/** The links that enable the units: each from `wants` to the unit. */
export const unitLinks: readonly { readonly wants: string; readonly unit: string }[] = [
  { wants: 'timers.target.wants', unit: targetName },
  { wants: 'multi-user.target.wants', unit: bootTargetName },
];

/** True for a unit that was written for the jobs of this directory, or, without one, for any. */
export function isOwnUnit(text: string, directory?: string): boolean {
  const [first, second] = text.split('\n');
  return first === ownership && (directory === undefined || second === titleOf(directory));
}

/** True for the name of a unit that only `unitFiles` makes. */
export function isUnitName(name: string): boolean {
  return /^process-control(?:@[\w.-]*\.(?:service|timer)|(?:-boot)?\.target|-(?:ensure|catch-up)\.(?:service|timer))$/.test(
    name,
  );
}

/** All units, sorted by name. */
export function unitFiles(order: UnitOrder): readonly UnitFile[] {
  const { jobs, ensure, catchUp } = order;
  const timed = jobs.flatMap(({ slug, events }) => (events === 'boot' ? [] : [{ slug, events }]));
  const booted = jobs.flatMap(({ slug, events }) => (events === 'boot' ? [slug] : []));
  const common = [...(ensure ? ['ensure'] : []), ...(catchUp ? ['catch-up'] : [])];
  const timers = [
    ...common.map((name) => `process-control-${name}.timer`),
    ...timed.map(({ slug }) => timerName(slug)),
  ];
  const made = [
    target(order, { name: targetName, what: 'Timers of process-control', wants: timers, by: 'timers.target' }),
    target(order, {
      name: bootTargetName,
      what: 'Jobs of process-control that start after a boot',
      wants: booted.map((slug) => `process-control@${slug}.service`),
      by: 'multi-user.target',
    }),
    service(order, { name: 'process-control@.service', what: 'job %i', run: 'run-%i', flags: '--due --job %i' }),
    ...common.map((name) =>
      service(order, { name: `process-control-${name}.service`, what: `--${name}`, run: name, flags: `--${name}` }),
    ),
    ...common.map((name) =>
      timer(order, {
        name: `process-control-${name}.timer`,
        what: `--${name}`,
        events: [name === 'ensure' ? '*-*-* *:*:00' : '*-*-* *:00/5:00'],
        more: ['OnBootSec=5s'],
      }),
    ),
    ...timed.map(({ slug, events }) => timer(order, { name: timerName(slug), what: `job ${slug}`, events })),
  ];
  return made.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function timerName(slug: string): string {
  return `process-control@${slug}.timer`;
}

interface Target {
  readonly name: string;
  readonly what: string;
  readonly wants: readonly string[];
  /** The target that wants this one. */
  readonly by: string;
}

function target(order: UnitOrder, { name, what, wants, by }: Target): UnitFile {
  return file(order, name, [
    '[Unit]',
    `Description=${what}`,
    'Documentation=man:cron-generate(8)',
    ...wants.map((unit) => `Wants=${unit}`),
    '',
    '[Install]',
    `WantedBy=${by}`,
  ]);
}

interface Timer {
  readonly name: string;
  readonly what: string;
  readonly events: readonly string[];
  readonly more?: readonly string[];
}

/** A timer is stopped and started again with its target. */
function timer(order: UnitOrder, { name, what, events, more = [] }: Timer): UnitFile {
  return file(order, name, [
    '[Unit]',
    `Description=Timer of process-control: ${what}`,
    `PartOf=${targetName}`,
    '',
    '[Timer]',
    ...events.map((event) => `OnCalendar=${event}`),
    ...more,
    // The default is a minute.
    'AccuracySec=1s',
  ]);
}

interface Service {
  readonly name: string;
  readonly what: string;
  /** The name of its runs, each of which gets an id behind it. */
  readonly run: string;
  readonly flags: string;
}

/** A service that ends at once, after it has asked for a run. */
function service(order: UnitOrder, { name, what, run, flags }: Service): UnitFile {
  const { user, searchPath, runner, config } = order;
  const properties = [
    `User=${user}`,
    // run-job ends its job itself, in order, and mails may be under way when it has ended.
    'KillMode=process',
    `TimeoutStopSec=${stopMinutes}min`,
    'OOMPolicy=continue',
    'TasksMax=infinity',
  ];
  const variables = [`PATH=${searchPath}`, 'PROCESS_CONTROL_TRIGGER=cron'];
  const words = [
    '/usr/bin/systemd-run --quiet --no-block --collect',
    `--unit=process-control-${run}-\${INVOCATION_ID} --description="process-control: ${what}"`,
    ...properties.map((property) => `--property=${property}`),
    ...variables.map((variable) => `--setenv=${variable}`),
    `${runner} ${flags}${config === undefined ? '' : ` --config ${config}`}`,
  ];
  return file(order, name, [
    '[Unit]',
    `Description=Starter of process-control: ${what}`,
    'Documentation=man:run-job(1)',
    '',
    '[Service]',
    'Type=oneshot',
    `ExecStart=${words.join(' \\\n  ')}`,
  ]);
}

function file({ directory }: UnitOrder, name: string, lines: readonly string[]): UnitFile {
  return { name, text: [ownership, titleOf(directory), ...lines, ''].join('\n') };
}

function titleOf(directory: string): string {
  return `# Jobs of ${directory.replace(/[^\x20-\x7e]/g, '?')}`;
}
