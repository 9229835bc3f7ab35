/** Each key of a job file: where Kubernetes says it, or what is lost, and in which words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { CronJob } from 'kubernetes-models/batch/v1';
import { Service } from 'kubernetes-models/v1';
import { jobSchema } from '../../../../src/job/keys/schema.ts';
import { at, exportOf } from './scene.ts';

const pod = 'spec.jobTemplate.spec.template.spec';
const container = `${pod}.containers.0`;
const served = 'spec.template.spec.containers.0';
const daily = 'schedule: "0 3 * * *"\n';
const service = 'service: true\n';
const http = (more: string) => `${service}ports: [health]\nhealth_check: {http: {port: health${more}}}\n`;

/** A job's lines beside `name` and `command`, and what follows. */
type Row = { readonly of: string; readonly text: string } & (
  | { readonly has: Readonly<Record<string, unknown>> }
  | { readonly loses: RegExp }
  | { readonly warns: RegExp }
  | { readonly leavesOut: true }
  | { readonly says: 'nothing' }
);

const rows: readonly Row[] = [
  { of: 'name', text: daily, has: { 'metadata.annotations.process-control/name': 'Job' } },
  {
    of: 'description',
    text: `${daily}description: Why\n`,
    has: { 'metadata.annotations.process-control/description': 'Why' },
  },
  { of: 'tag', text: `${daily}tag: db\n`, has: { 'metadata.labels.process-control/tag-db': '' } },
  {
    of: 'tags',
    text: `${daily}tags: [at night, db]\n`,
    has: {
      'metadata.annotations.process-control/tags': 'at night, db',
      'metadata.labels.process-control/tag-at night': undefined,
    },
  },
  {
    of: 'command',
    text: `${daily}command: "echo 'a b' $(X) $$(Y) $Z"\n`,
    has: { [`${container}.command`]: ['echo', 'a b', '$$(X)', '$$$$(Y)', '$Z'] },
  },
  {
    of: 'command',
    text: `${daily}command: [echo one, "echo \\"it's\\" two"]\n`,
    has: { [`${container}.command`]: ['/bin/sh', '-ec', "echo one\necho 'it'\\''s' two"] },
  },
  { of: 'schedule', text: 'schedule: "0 6 * * 7"\n', has: { 'spec.schedule': '0 6 * * 0', 'spec.suspend': false } },
  { of: 'schedule', text: '', has: { 'spec.schedule': '0 0 31 2 *', 'spec.suspend': true } },
  { of: 'schedule', text: 'schedule: "@reboot"\n', loses: /after a boot/ },
  { of: 'schedule', text: 'schedule: "0 0 */2 * 1"\n', loses: /must match/ },
  { of: 'time_zone', text: daily, has: { 'spec.timeZone': 'Europe/Berlin' } },
  { of: 'time_zone', text: `${daily}time_zone: Asia/Kathmandu\n`, has: { 'spec.timeZone': 'Asia/Kathmandu' } },
  {
    of: 'time_zone',
    text: 'schedule: "30 2 * * *"\n',
    warns: /2027-03-28 Kubernetes does not start it.*2027-10-31 Kubernetes starts it twice/,
  },
  { of: 'time_zone', text: 'schedule: "30 2 * * *"\ntime_zone: UTC\n', says: 'nothing' },
  { of: 'disabled', text: `${daily}disabled: true\n`, has: { 'spec.suspend': true } },
  { of: 'timeout', text: `${daily}timeout: 1.51\n`, has: { [`${pod}.activeDeadlineSeconds`]: 91 } },
  { of: 'timeout', text: daily, has: { [`${pod}.activeDeadlineSeconds`]: undefined } },
  { of: 'kill_grace', text: `${daily}kill_grace: 2m\n`, has: { [`${pod}.terminationGracePeriodSeconds`]: 120 } },
  {
    of: 'environment',
    text: `${daily}environment: {A: 010, B: "$(date)"}\n`,
    has: {
      [`${container}.env`]: [
        { name: 'A', value: '010' },
        { name: 'B', value: '$$(date)' },
      ],
    },
  },
  { of: 'pool', text: `${daily}pool: web\n`, leavesOut: true },
  { of: 'placement', text: `${daily}pool: web\nplacement: ordered\n`, leavesOut: true },
  { of: 'placement', text: `${daily}pool: web\nplacement: spread\n`, leavesOut: true },
  { of: 'candidates', text: `${daily}pool: web\ncandidates: 5\n`, leavesOut: true },
  { of: 'takeover', text: `${daily}pool: web\ntakeover: 5m\n`, leavesOut: true },
  { of: 'when_cut_off', text: `${service}pool: web\nwhen_cut_off: stop\n`, leavesOut: true },
  { of: 'on_lost_run', text: `${daily}pool: web\non_lost_run: rerun\n`, leavesOut: true },
  { of: 'without_engine', text: `${daily}pool: web\nwithout_engine: run\n`, leavesOut: true },
  { of: 'runs', text: `${daily}pool: web\nruns: each\n`, loses: /not one on each host/ },
  { of: 'pass_environment', text: `${daily}pass_environment: [http_proxy]\n`, leavesOut: true },
  {
    of: 'working_directory',
    text: `${daily}working_directory: /srv/app\n`,
    has: { [`${container}.workingDir`]: '/srv/app' },
  },
  {
    of: 'no_new_privileges',
    text: `${daily}no_new_privileges: true\n`,
    has: { [`${container}.securityContext`]: { allowPrivilegeEscalation: false } },
  },
  { of: 'private_tmp', text: `${daily}private_tmp: true\n`, says: 'nothing' },
  { of: 'slow_start_command', text: `${daily}slow_start_command: echo slow\n`, leavesOut: true },
  { of: 'allow_overtime', text: `${daily}allow_overtime: true\n`, leavesOut: true },
  { of: 'splay', text: `${daily}splay: 5m\n`, warns: /spread their schedules/ },
  { of: 'start_deadline', text: `${daily}start_deadline: 10m\n`, has: { 'spec.startingDeadlineSeconds': 600 } },
  { of: 'start_deadline', text: `${daily}start_deadline: 5s\n`, loses: /misses starts/ },
  { of: 'start_deadline', text: `${daily}start_deadline: 10m\ncatch_up: last\n`, loses: /one number/ },
  { of: 'catch_up', text: daily, has: { 'spec.startingDeadlineSeconds': 200 } },
  { of: 'catch_up', text: `${daily}catch_up: last\n`, has: { 'spec.startingDeadlineSeconds': 86_400 } },
  {
    of: 'catch_up_window',
    text: `${daily}catch_up: last\ncatch_up_window: 3h\n`,
    has: { 'spec.startingDeadlineSeconds': 10_800 },
  },
  { of: 'cron_collision_policy', text: daily, has: { 'spec.concurrencyPolicy': 'Forbid' } },
  {
    of: 'cron_collision_policy',
    text: `${daily}cron_collision_policy: KILL_EXISTING\n`,
    has: { 'spec.concurrencyPolicy': 'Replace' },
  },
  { of: 'cron_collision_policy', text: `${daily}cron_collision_policy: QUEUE\n`, loses: /waits/ },
  {
    of: 'max_task_failures',
    text: `${daily}max_task_failures: 3\n`,
    has: { 'spec.jobTemplate.spec.backoffLimit': 2, [`${pod}.restartPolicy`]: 'Never' },
  },
  {
    of: 'max_task_failures',
    text: `${daily}max_task_failures: -1\n`,
    has: { 'spec.jobTemplate.spec.backoffLimit': 2_147_483_647 },
  },
  { of: 'backoff', text: `${daily}max_task_failures: 3\nbackoff: {initial: 1s}\n`, warns: /10 s, 20 s/ },
  { of: 'success_exit_codes', text: `${daily}success_exit_codes: [0, 3]\n`, loses: /exit code 0/ },
  {
    of: 'unrecoverable_exit_codes',
    text: `${daily}max_task_failures: 2\nunrecoverable_exit_codes: [78, 64]\n`,
    has: {
      'spec.jobTemplate.spec.podFailurePolicy.rules': [
        { action: 'FailJob', onExitCodes: { operator: 'In', values: [64, 78] } },
      ],
    },
  },
  {
    of: 'unrecoverable_exit_codes',
    text: `${daily}max_task_failures: 2\nunrecoverable_exit_codes: [78]\n`,
    warns: /not paused/,
  },
  { of: 'pause_after_failures', text: `${daily}pause_after_failures: 3\n`, loses: /however often/ },
  { of: 'fail_on_stderr', text: `${daily}fail_on_stderr: true\n`, loses: /output/ },
  { of: 'fail_on_output', text: `${daily}fail_on_output: ERROR\n`, loses: /output/ },
  { of: 'require_output', text: `${daily}require_output: done\n`, loses: /output/ },
  { of: 'min_duration', text: `${daily}min_duration: 3s\n`, loses: /too quick/ },
  { of: 'warn_duration', text: `${daily}warn_duration: 3s\n`, warns: /Prometheus/ },
  { of: 'locks', text: `${daily}locks: [db]\n`, loses: /at the same time/ },
  { of: 'leftovers', text: `${daily}leftovers: fail\n`, loses: /background/ },
  { of: 'umask', text: `${daily}umask: 027\n`, loses: /umask/ },
  { of: 'nice', text: `${daily}nice: 10\n`, loses: /resources/ },
  { of: 'limits', text: `${daily}limits: {nofile: 10}\n`, loses: /limits/ },
  { of: 'notify', text: `${daily}notify: [{mail: a@example.org}]\n`, warns: /"notify": Kubernetes sends no notices/ },
  {
    of: 'notify_after',
    text: `${daily}notify: [{mail: a@example.org}]\nnotify_after: 2\n`,
    warns: /"notify", "notify_after": Kubernetes/,
  },
  {
    of: 'skip_threshold',
    text: `${daily}notify: [{mail: a@example.org, on: [warning]}]\nskip_threshold: 2\n`,
    warns: /"skip_threshold"/,
  },
  { of: 'failmail', text: `${daily}failmail: {to_address: a@example.org}\n`, warns: /"failmail"/ },
  {
    of: 'failure_threshold_for_mail',
    text: `${daily}failmail: {to_address: a@example.org}\nfailure_threshold_for_mail: 2\n`,
    warns: /"failure_threshold_for_mail"/,
  },
  {
    of: 'log_retention',
    text: `${daily}log_retention: {days: 1.5, runs: 7}\n`,
    has: {
      'spec.successfulJobsHistoryLimit': 7,
      'spec.failedJobsHistoryLimit': 7,
      'spec.jobTemplate.spec.ttlSecondsAfterFinished': 129_600,
    },
  },
  { of: 'log_retention', text: `${daily}log_retention: {runs: 500}\n`, warns: /500 ended pods/ },
  { of: 'log_retention', text: `${daily}log_retention: {bytes: 1M}\n`, warns: /kubelet/ },
  { of: 'log_max_size', text: `${daily}log_max_size: 2M\n`, leavesOut: true },
  { of: 'service', text: service, has: { kind: 'Deployment', 'spec.replicas': 1 } },
  { of: 'service', text: `${service}disabled: true\n`, has: { 'spec.replicas': 0 } },
  { of: 'instances', text: `${service}instances: 4\n`, has: { kind: 'Deployment', 'spec.replicas': 4 } },
  { of: 'count', text: `${service}count: 2\n`, has: { 'spec.replicas': 2 } },
  {
    of: 'instances',
    text: `${service}instances: 2\ncommand: "work --shard {{instance}} --job {{name}}"\n`,
    has: {
      kind: 'StatefulSet',
      'spec.podManagementPolicy': 'Parallel',
      [`${served}.command`]: ['work', '--shard', '$(JOB_INSTANCE)', '--job', 'job'],
      [`${served}.env.1`]: {
        name: 'JOB_INSTANCE',
        valueFrom: { fieldRef: { fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']" } },
      },
    },
  },
  {
    of: 'ports',
    text: `${service}command: "serve {{ports[web]}} {{ports[Admin_port-of-the-shop]}}"\nports: {web: 8080, Admin_port-of-the-shop: auto}\n`,
    has: {
      kind: 'Deployment',
      [`${served}.command`]: ['serve', '8080', '31000'],
      [`${served}.ports`]: [
        { name: 'web', containerPort: 8080 },
        { name: 'admin-port-of-t', containerPort: 31_000 },
      ],
      [`${served}.env.2`]: { name: 'PORT_ADMIN_PORT_OF_THE_SHOP', value: '31000' },
    },
  },
  {
    of: 'health_check',
    text: `${service}ports: {smtp: 25}\nhealth_check: {tcp: smtp, initial_interval: 25, interval: 10, timeout: 2.5, max_consecutive_failures: 2, min_consecutive_successes: 3}\n`,
    has: {
      [`${served}.startupProbe`]: {
        tcpSocket: { port: 'smtp' },
        periodSeconds: 10,
        timeoutSeconds: 3,
        failureThreshold: 3,
      },
      [`${served}.livenessProbe`]: {
        tcpSocket: { port: 'smtp' },
        periodSeconds: 10,
        timeoutSeconds: 3,
        failureThreshold: 3,
      },
      [`${served}.readinessProbe`]: {
        tcpSocket: { port: 'smtp' },
        periodSeconds: 10,
        timeoutSeconds: 3,
        failureThreshold: 3,
        successThreshold: 3,
      },
    },
  },
  {
    of: 'health_check',
    text: `${service}health_check: {command: "check --fast"}\n`,
    has: { [`${served}.livenessProbe.exec.command`]: ['check', '--fast'] },
  },
  {
    of: 'health_check',
    text: http(', expected_response: ""'),
    has: { [`${served}.livenessProbe.httpGet`]: { path: '/health', port: 'health' } },
  },
  { of: 'health_check', text: http(''), warns: /does not read the response/ },
  { of: 'health_check', text: http(', expected_response: fine'), loses: /expected_response "fine"/ },
  { of: 'health_check', text: http(', expected_response: "", expected_code: 401'), loses: /expected_code 401/ },
  { of: 'restart', text: `${service}restart: on-failure\n`, loses: /whatever its exit code/ },
  { of: 'restart_delay', text: `${service}restart_delay: 5\n`, warns: /10 s, 20 s/ },
  { of: 'restart_delay_max', text: `${service}restart_delay_max: 50\n`, warns: /10 s, 20 s/ },
  { of: 'min_uptime', text: `${service}min_uptime: 5\n`, warns: /10 s, 20 s/ },
  { of: 'respawn_limit', text: `${service}respawn_limit: 10 90\n`, loses: /never gives up/ },
  { of: 'normal_exit', text: `${service}normal_exit: [0]\n`, loses: /whatever its exit code/ },
  { of: 'pid_file', text: `${service}pid_file: /run/x.pid\n`, loses: /foreground/ },
  { of: 'monitor_interval', text: `${service}pid_file: x.pid\nmonitor_interval: 5\n`, leavesOut: true },
  { of: 'stop_signal', text: `${service}stop_signal: QUIT\n`, warns: /STOPSIGNAL/ },
  {
    of: 'stop_timeout',
    text: `${service}stop_timeout: 45\n`,
    has: { 'spec.template.spec.terminationGracePeriodSeconds': 45 },
  },
  { of: 'log_keep', text: `${service}log_keep: 2\n`, leavesOut: true },
];

const models = { CronJob, Deployment, StatefulSet, Service };

/** Throws for an object that Kubernetes would refuse. */
function validate(object: unknown): void {
  const Model = models[at(object, 'kind') as keyof typeof models] ?? assert.fail(`kind ${at(object, 'kind')}`);
  new Model(object as never).validate();
}

function check(row: Row): void {
  const command = /^command:/m.test(row.text) ? '' : 'command: echo hello\n';
  const texts = { job: `name: Job\n${command}${row.text}` };
  const strict = exportOf(texts);
  const [errors, warnings] = (['error', 'warning'] as const).map((severity) =>
    strict.problems.filter((problem) => problem.severity === severity).map(({ message }) => message),
  ) as [string[], string[]];
  if ('leavesOut' in row) {
    assert.equal(strict.notOfAPod.get(row.of as never), 1);
    return;
  }
  if ('loses' in row) {
    assert.equal(strict.jobs.length, 0, 'the job is left out');
    assert.deepEqual(strict.refused, [row.of]);
    assert.match(errors.join(), row.loses);
    const allowed = exportOf(texts, { allowed: [row.of] });
    assert.ok(allowed.problems.every(({ severity }) => severity === 'warning'));
    const [object] = allowed.jobs[0]?.objects ?? [];
    assert.match(String(at(object, 'metadata.annotations.process-control/lost')), row.loses);
    validate(object);
    return;
  }
  assert.deepEqual(errors, []);
  const objects = strict.jobs[0]?.objects ?? assert.fail('nothing is exported');
  for (const object of objects) validate(object);
  if ('warns' in row) assert.match(warnings.join('\n'), row.warns);
  if ('says' in row) assert.deepEqual(warnings, []);
  if ('has' in row) {
    for (const [place, value] of Object.entries(row.has)) assert.deepEqual(at(objects[0], place), value, place);
  }
}

describe('each key of a job file in Kubernetes', () => {
  for (const row of rows) test(`${row.of}: ${row.text.replaceAll('\n', ' | ') || 'absent'}`, () => check(row));

  test('no key of the schema is left out of this table', () => {
    assert.deepEqual([...new Set(rows.map(({ of }) => of))].sort(), Object.keys(jobSchema.properties).sort());
  });

  test('the page of the book names each key', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../../../../docs/how-to/to-kubernetes.md'), 'utf8');
    const missing = Object.keys(jobSchema.properties).filter((key) => !page.includes(`\`${key}\``));
    assert.deepEqual(missing, []);
  });
});
