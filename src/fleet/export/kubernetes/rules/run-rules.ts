/** The keys that all jobs have, or only those that end. */
import type { Job } from '../../../../job/job.ts';
import { policyKeys } from '../../../../job/keys/policy.ts';
import { differencesAtClockChanges, kubernetesSchedule } from '../schedule.ts';
import { loss, notOfAPod, ofRuns, type Rules, warning } from './rule.ts';

/** Shorter deadlines make the controller miss starts, since it looks each ten seconds. */
export const leastDeadlineSeconds = 10;
const manyRuns = 100;
const usualUmask = 0o022;

const noNotices = 'Kubernetes sends no notices; let Prometheus watch kube_job_status_failed of kube-state-metrics';
const readsNoOutput = 'Kubernetes does not look at output';
const { backoff } = policyKeys;

export const runRules = {
  name: 'said',
  description: 'said',
  tag: 'said',
  tags: 'said',
  command: 'said',
  disabled: 'said',
  timeout: 'said',
  kill_grace: 'said',
  environment: 'said',
  working_directory: 'said',
  no_new_privileges: 'said',
  private_tmp: 'said',
  catch_up: 'said',
  catch_up_window: 'said',
  max_task_failures: 'said',
  slow_start_command: notOfAPod((job) => job.slowStartCommands !== undefined),
  pass_environment: notOfAPod((job) => job.passEnvironment.length > 0),
  pool: notOfAPod((job) => job.pool !== undefined),
  placement: notOfAPod((job) => job.pool !== undefined && job.pool.placement !== 'sticky'),
  candidates: notOfAPod((job) => job.pool?.claims !== undefined),
  takeover: notOfAPod((job) => job.pool?.claims?.takeover !== undefined),
  when_cut_off: notOfAPod((job) => job.pool?.slots?.whenCutOff === 'stop'),
  on_lost_run: notOfAPod((job) => job.pool?.claims?.onLostRun === 'rerun'),
  without_engine: notOfAPod((job) => job.pool?.claims?.withoutEngine === 'run'),
  runs: loss((job) =>
    job.pool?.runs === 'each' ? 'a CronJob starts one pod a tick, not one on each host of a pool' : undefined,
  ),
  allow_overtime: notOfAPod((job) => job.allowOvertime),
  schedule: loss(
    ofRuns(({ schedule }) => {
      if (schedule?.atBoot) return 'Kubernetes starts nothing after a boot';
      if (schedule === undefined || kubernetesSchedule(schedule) !== undefined) return undefined;
      return `"${schedule.text}" names days on which the day of the month and the weekday must match; in Kubernetes one of them is enough`;
    }),
  ),
  time_zone: warning(
    ofRuns(({ schedule }, { zone, nowMs }) => {
      const differences = schedule === undefined ? [] : differencesAtClockChanges(schedule, zone, nowMs);
      return differences.length === 0 ? undefined : `in ${zone.name}: ${differences.join('; ')}`;
    }),
  ),
  splay: warning(({ timing }) =>
    timing.splaySeconds > 0 ? 'all jobs of a minute start at once: spread their schedules' : undefined,
  ),
  start_deadline: loss(({ timing }) => {
    const { startDeadlineSeconds, catchUp } = timing;
    if (startDeadlineSeconds === undefined) return undefined;
    if (catchUp === 'last') return 'Kubernetes has one number for it and for catch_up_window; leave one of them out';
    if (startDeadlineSeconds >= leastDeadlineSeconds) return undefined;
    return `Kubernetes looks each ${leastDeadlineSeconds} seconds, so a shorter deadline misses starts; ${leastDeadlineSeconds} is written`;
  }),
  cron_collision_policy: loss(({ policy }) =>
    policy.collisionPolicy === 'QUEUE' ? 'no run waits for the one before; it is skipped (Forbid)' : undefined,
  ),
  backoff: warning(({ policy }) => {
    const { initialSeconds, factor, maxSeconds } = policy.backoff;
    const isUsual = factor === backoff.properties.factor.default && initialSeconds === 30 && maxSeconds === 300;
    return isUsual ? undefined : 'attempts are 10 s, 20 s, 40 s … apart, at most 6 minutes';
  }),
  success_exit_codes: loss(({ policy }) =>
    policy.successExitCodes.join() === '0' ? undefined : 'there only exit code 0 is a success',
  ),
  unrecoverable_exit_codes: warning(({ policy }) =>
    policy.unrecoverableExitCodes.length === 0 ? undefined : 'they end the run, but the job is not paused afterwards',
  ),
  pause_after_failures: loss(({ policy }) =>
    policy.pauseAfterFailures === undefined ? undefined : 'a CronJob is started again however often it fails',
  ),
  fail_on_stderr: loss(({ policy }) => (policy.failOnStderr ? readsNoOutput : undefined)),
  fail_on_output: loss(({ policy }) => (policy.failOnOutput === undefined ? undefined : readsNoOutput)),
  require_output: loss(({ policy }) => (policy.requireOutput === undefined ? undefined : readsNoOutput)),
  min_duration: loss(({ policy }) =>
    policy.minDurationSeconds === undefined ? undefined : 'a run that is too quick is a success',
  ),
  warn_duration: warning(({ policy }) => (policy.warnDurationSeconds === undefined ? undefined : noNotices)),
  locks: loss(({ policy }) =>
    policy.locks.length === 0 && policy.fleetLocks === undefined
      ? undefined
      : 'two jobs that share a lock would run at the same time',
  ),
  leftovers: loss(({ leftovers }) =>
    leftovers === 'kill'
      ? undefined
      : 'what remains in the background ends with the container, and nothing tells of it',
  ),
  umask: loss(({ umask }) => (umask === usualUmask ? undefined : 'a pod has the umask of its image')),
  nice: loss(({ nice }) => (nice === undefined ? undefined : 'write "resources" into the template')),
  limits: loss(({ limits }) =>
    Object.keys(limits).length === 0 ? undefined : 'a pod has no such limits; "resources" of the template are others',
  ),
  notify: warning(({ notices }) => (notices.channels.length === 0 ? undefined : noNotices)),
  notify_after: warning(({ notices }) => (notices.after === 1 ? undefined : noNotices)),
  skip_threshold: warning(({ notices }) => (notices.skipThreshold === undefined ? undefined : noNotices)),
  failmail: warning(({ failmail }) => (failmail === undefined ? undefined : noNotices)),
  failure_threshold_for_mail: warning((job) => (job.failureThresholdForMail === 1 ? undefined : noNotices)),
  log_retention: warning(
    ofRuns(({ logRetention }) => {
      if (logRetention?.runs !== undefined && logRetention.runs > manyRuns)
        return `${logRetention.runs} ended pods are kept in the cluster`;
      return logRetention?.bytes === undefined ? undefined : 'the size of logs is that of the kubelet';
    }),
  ),
  log_max_size: notOfAPod(limitsItsLog),
} as const satisfies Rules<string>;

function limitsItsLog(job: Job): boolean {
  const usual = job.service === undefined ? 256 * 1024 ** 2 : 100 * 1024 ** 2;
  return (job.service?.logMaxBytes ?? job.logMaxBytes ?? 0) !== usual;
}
