/** Keys of other schedulers, and the keys that exist instead. */
import type { Synonym, Synonyms } from '../../yaml/synonym.ts';

const called = (key: string, words = `it is called "${key}" here`): Synonym => ({ key, words });
const said = (words: string): Synonym => ({ words });

function all(names: string, synonym: Synonym): Synonyms {
  return Object.fromEntries(names.split(' ').map((name) => [name, synonym]));
}

const noUser =
  'all jobs run as the "user" of the configuration; a job that needs another one belongs to a process-control of that user';
const attempts = 'write "max_task_failures": how often it may fail before it is given up: the retries plus one';
const schedule = 'write "schedule" with five terms (minute hour day month weekday), such as "*/5 * * * *"';
const noAfter = 'jobs do not wait for each other; write the commands as one list, or give them a "locks" in common';
const log = 'all output goes to the log of the run; where logs are is "output_directory" of the configuration';
const limits = (name: string) => called('limits', `write it in "limits", as "${name}"`);

/** The synonyms of a job file's keys. Lookups ignore case, dashes and underscores. */
export const jobSynonyms: Synonyms = {
  ...all('user username run_as runas uid owner account become_user group', said(noUser)),
  ...all('cwd dir directory chdir workdir working_dir path_to_run', called('working_directory')),
  ...all('workingdirectory', called('working_directory')),
  ...all(
    'retries retry max_retries retry_count attempts max_attempts max_tries tries retry_limit',
    called('max_task_failures', attempts),
  ),
  ...all(
    'retry_delay retry_interval retry_wait delay_between_retries',
    called('backoff', 'write "backoff": {initial: 30s, factor: 2, max: 5m}'),
  ),
  ...all(
    'enabled enable active is_enabled',
    called(
      'disabled',
      'write "disabled", and the opposite value: "disabled: true" is a job that the clock does not start',
    ),
  ),
  ...all('disable off inactive suspend suspended paused skip', called('disabled')),
  ...all(
    'mailto mail email emails mail_to notify_email email_to on_failure_mail recipients',
    called('failmail', 'write "failmail: {to_address: ADDRESS}", or "notify: [{mail: ADDRESS}]"'),
  ),
  ...all(
    'on_failure onfailure on_error notify_on_failure alert alerts alerting slack hooks webhook',
    called('notify', 'write "notify": a list of channels, such as {webhook: URL}, {mail: ADDRESS} or {command: …}'),
  ),
  ...all(
    'on_success onsuccess ping healthcheck healthchecks monitor',
    called('notify', 'write "notify": [{ping: URL, on: [success, failure]}]'),
  ),
  ...all(
    'cron crontab when at time times every interval frequency period on_calendar oncalendar cron_schedule cronexpression hour minute day',
    called('schedule', schedule),
  ),
  ...all('timezone tz zone cron_tz time-zone', called('time_zone')),
  ...all(
    'cmd run script exec execstart command_line commands exec_start executable program shell_command job task entrypoint',
    called('command'),
  ),
  ...all('args arguments argv params', called('command', 'write them behind the program in "command"')),
  ...all('shell use_shell', said("a command runs without a shell; write sh -c '…' where one is needed")),
  ...all('env vars variables environ envvars environment_variables', called('environment')),
  ...all(
    'env_file envfile dotenv environment_file',
    said('no file of variables is read; write them in "environment", or sh -c \'. FILE && exec COMMAND\''),
  ),
  ...all(
    'stdout stderr log logfile log_file logs output log_path stdout_logfile stderr_logfile redirect save',
    said(log),
  ),
  ...all('stdin input', said('standard input of a job is /dev/null; let the command read a file')),
  ...all(
    'log_rotate logrotate keep_logs retention rotate',
    called('log_retention', 'write "log_retention": {days: 30, runs: 100}'),
  ),
  ...all('max_log_size log_size', called('log_max_size')),
  ...all(
    'concurrency concurrency_policy concurrencypolicy overlap allow_overlap overlapping max_instances no_overlap forbid_concurrent',
    called(
      'cron_collision_policy',
      'two runs of a job never overlap; what becomes of the second start is "cron_collision_policy": CANCEL_NEW, KILL_EXISTING or QUEUE',
    ),
  ),
  ...all(
    'lock lock_file lockfile flock mutex',
    called('locks', 'a job has a lock of its own already; one that it shares with other jobs stands in "locks"'),
  ),
  ...all(
    'max_runtime time_limit max_duration timelimit max_time execution_timeout deadline active_deadline_seconds runtime_max_sec timeout_seconds',
    called('timeout', 'write "timeout", a number of minutes, or 90s, 2h30m'),
  ),
  ...all('timeout_minutes', called('timeout')),
  ...all(
    'starting_deadline start_within startingdeadlineseconds starting_deadline_seconds misfire_grace_time',
    called('start_deadline'),
  ),
  ...all(
    'jitter random_delay randomizeddelaysec randomized_delay_sec splay_seconds randomize',
    called('splay', 'write "splay": each host delays its ticks by a part of it'),
  ),
  ...all('persistent anacron run_missed catchup backfill coalesce', called('catch_up', 'write "catch_up: last"')),
  ...all(
    'autorestart respawn keep_alive keepalive always daemon autostart restart_policy',
    called(
      'service',
      'write "service: true" for what must stay up; a job that fails is tried again by "max_task_failures"',
    ),
  ),
  ...all(
    'replicas numprocs processes',
    called('service', 'only a service has several instances: "service: true" and "instances"'),
  ),
  ...all(
    'after depends_on dependson requires before wants needs upstream depends trigger triggers chain next',
    said(noAfter),
  ),
  ...all('memory mem memory_limit mem_limit max_memory memory_max memorymax limit_memory', limits('address_space')),
  ...all(
    'nofile ulimit ulimits rlimits resources',
    called('limits', 'write "limits": {nofile, file_size, cpu, processes, address_space}'),
  ),
  ...all('cpu cpu_limit cpus', limits('cpu')),
  ...all('priority niceness renice', called('nice')),
  ...all('label labels group_by category groups', called('tags')),
  ...all('title id slug', called('name', 'write "name"; what a job is called everywhere is the name of its file')),
  ...all('comment comments note notes doc summary desc', called('description')),
  ...all('kill_timeout grace grace_period termination_grace_period stopwaitsecs', called('kill_grace')),
  ...all('success_codes exit_codes exitcodes exitcode ok_exit_codes allowed_exit_codes', called('success_exit_codes')),
  ...all(
    'host hosts node nodes node_pool hostgroup host_group only_on run_on target_nodes machine machines',
    called('pool', 'write "pool": a name of "fleet.pools" in the configuration, where its hosts are listed'),
  ),
  ...all('strategy distribution on_one_server', called('runs', 'write "runs: one" or "runs: each", beside "pool"')),
  ...all(
    'image container docker_image',
    said('a command is a program of this host; write docker run … as the "command"'),
  ),
  ...all(
    'secret secrets password',
    said('job files can be read by others; let the command read a file that only its user can read'),
  ),
  'limits.memory': called('limits.address_space', 'write "address_space"'),
  'limits.mem': called('limits.address_space', 'write "address_space"'),
  'limits.as': called('limits.address_space', 'write "address_space"'),
  'limits.rss': called('limits.address_space', 'write "address_space"'),
  'limits.files': called('limits.nofile', 'write "nofile"'),
  'limits.openfiles': called('limits.nofile', 'write "nofile"'),
  'limits.fsize': called('limits.file_size', 'write "file_size"'),
  'limits.nproc': called('limits.processes', 'write "processes"'),
  'limits.cputime': called('limits.cpu', 'write "cpu", a time'),
  'failmail.to': called('failmail.to_address', 'write "to_address"'),
  'failmail.address': called('failmail.to_address', 'write "to_address"'),
  'failmail.email': called('failmail.to_address', 'write "to_address"'),
  'failmail.mailto': called('failmail.to_address', 'write "to_address"'),
  'failmail.from': called('failmail.from_address', 'write "from_address"'),
};
