/** Keys that people guess in /etc/process-control.yaml, and the keys that exist instead. */
import { jobSchema } from '../job/keys/schema.ts';
import { jobSynonyms } from '../job/keys/synonyms.ts';
import type { Synonym, Synonyms } from '../yaml/synonym.ts';
import { configSchema } from './schema.ts';

const called = (key: string, words = `it is called "${key}" here`): Synonym => ({ key, words });
const said = (words: string): Synonym => ({ words });

function all(names: string, synonym: Synonym): Synonyms {
  return Object.fromEntries(names.split(' ').map((name) => [name, synonym]));
}

const smtp = (part: string, value: string) =>
  called(`mail.smtp.${part}`, `write "mail: {smtp: {host: HOST${part === 'host' ? '' : `, ${part}: ${value}`}}}"`);
const retention = (part: string, value: string) =>
  called(`log_retention.${part}`, `write "log_retention: {${part}: ${value}}"`);
const inFailmail = (part: string) =>
  called(
    'default_job_config',
    `write "default_job_config: {failmail: {${part === 'from_address' ? 'from_address: ADDRESS, ' : ''}to_address: ADDRESS}}"; a job file that has its own "failmail" wins`,
  );

const own: Synonyms = {
  ...all(
    'run_as runas run_user username service_user job_user owner uid account process_user daemon_user',
    called('user'),
  ),
  ...all('group gid run_group', said('jobs have the groups of the "user"')),
  ...all(
    'job_dir jobs_dir jobs_directory jobdir jobsdir jobs job_path jobs_path job_folder config_dir include include_dir conf_dir',
    called('job_directory'),
  ),
  ...all(
    'log_dir log_directory logs_dir logdir logs log_path log_folder output_dir output output_path logs_directory',
    called('output_directory', 'write "output_directory": the logs of all runs are below it'),
  ),
  ...all(
    'run_dir rundir lock_dir lock_directory lockdir locks_dir pid_dir pid_directory runtime_directory',
    called('run_directory'),
  ),
  ...all(
    'state_dir statedir history_dir history_directory cache_dir cache_directory data_dir data_directory var_dir lib_dir spool_dir db',
    called('state_directory'),
  ),
  ...all(
    'crontab cron_file crontab_file crontab_path cron_path output_cron output_file cron_output cron_d',
    called('output_crontab'),
  ),
  ...all('template crontab_template cron_line line_template cron_format', called('cron_template')),
  ...all('runner run_job run_job_path runjob_path binary bin runner_binary executable', called('runner_path')),
  ...all('paths search_path default_path', called('path')),
  ...all(
    'env_passthrough keep_env env_keep passenv pass_env preserve_env inherit_environment',
    called('pass_environment'),
  ),
  ...all(
    'defaults default default_job default_config job_defaults default_jobs global globals common job_config',
    called('default_job_config'),
  ),
  ...all(
    'smtp smtp_server smtp_host smtphost mail_server mailserver mailhost mail_host smarthost relayhost relay_host email_host',
    smtp('host', ''),
  ),
  ...all('smtp_port mail_port', smtp('port', '587')),
  ...all('smtp_user smtp_username mail_user smtp_login', smtp('user', 'USER')),
  ...all('smtp_tls smtp_ssl smtp_secure use_tls use_ssl mail_tls', smtp('secure', 'true')),
  ...all('smtp_password smtp_pass mail_password smtp_secret password', smtp('password_file', 'FILE')),
  ...all(
    'sendmail sendmail_path mailer mail_program mta mail_command',
    called('mail.sendmail', 'write "mail: {sendmail: /usr/sbin/sendmail}"'),
  ),
  ...all(
    'mailto mail_to email emails to admin_email admin alert_email recipients notify_email to_address',
    inFailmail('to_address'),
  ),
  ...all('mail_from from sender from_address email_from smtp_from', inFailmail('from_address')),
  ...all(
    'log_level loglevel verbosity level verbose debug',
    called('logging.level', 'write "logging: {level: debug}"'),
  ),
  ...all('log_format', called('logging.format', 'write "logging: {format: json}"')),
  ...all(
    'syslog syslog_facility facility log_facility',
    called('logging.syslog', 'write "logging: {syslog: {facility: daemon}}"'),
  ),
  ...all(
    'log_file logfile',
    called('logging.file', 'write "logging: {file: FILE}"; what jobs print goes to "output_directory"'),
  ),
  ...all(
    'keep_logs log_days keep_days retention retention_days log_keep_days max_age log_max_age logrotate rotate expire',
    retention('days', '90'),
  ),
  ...all('max_logs keep_runs log_count history_limit', retention('runs', '100')),
  ...all('max_log_bytes log_quota max_bytes', retention('total_bytes', '20G')),
  ...all('compress compress_logs', retention('compress_after', '7')),
  ...all('owners trusted trusted_users allowed_owners', called('trusted_owners')),
  ...all('ports port_pool service_ports', called('port_range')),
  ...all('on_error on_invalid invalid_jobs on_invalid_jobs on_invalid_config', called('on_invalid_job')),
  ...all(
    'tz timezone zone default_timezone',
    called(
      'default_job_config',
      'write "default_job_config: {time_zone: ZONE}"; without it a job has the zone of this host',
    ),
  ),
  ...all(
    'shell',
    said('the crontab has SHELL=/bin/sh, and commands run without a shell; write sh -c … as the command'),
  ),
  ...all('home', said('the home of a job is that of the "user"')),
  ...all(
    'max_jobs concurrency parallelism max_parallel max_concurrent workers threads',
    said('jobs of the same time all start; give jobs that must not run together a "locks" in common'),
  ),
  ...all('version api_version schema_version', said('the file has no version; leave it out')),
  ...all(
    'hostname host host_name fqdn',
    called('fleet.host', 'the name of this host in pools is "fleet: {host: NAME}"'),
  ),
  ...all(
    'pools hosts nodes node_pools groups cluster servers',
    called('fleet.pools', 'write "fleet: {pools: {NAME: [HOST, HOST]}}"'),
  ),
  'fleet.nodes': called('fleet.pools'),
  'fleet.hosts': called('fleet.pools', 'write "fleet: {pools: {NAME: [HOST, HOST]}}"'),
  'fleet.name': called('fleet.host'),
  'fleet.hostname': called('fleet.host'),
  'mail.server': smtp('host', ''),
  'mail.host': smtp('host', ''),
  'mail.to': inFailmail('to_address'),
  'mail.from': inFailmail('from_address'),
  'mail.port': smtp('port', '587'),
  'mail.user': smtp('user', 'USER'),
  'mail.password': smtp('password_file', 'FILE'),
  'mail.smtp.server': smtp('host', ''),
  'mail.smtp.hostname': smtp('host', ''),
  'mail.smtp.username': smtp('user', 'USER'),
  'mail.smtp.password': smtp('password_file', 'FILE'),
  'mail.smtp.tls': smtp('secure', 'true'),
  'mail.smtp.ssl': smtp('secure', 'true'),
  'mail.smtp.from': inFailmail('from_address'),
  'mail.smtp.to': inFailmail('to_address'),
  'log_retention.age': retention('days', '90'),
  'log_retention.max_age': retention('days', '90'),
  'log_retention.count': retention('runs', '100'),
  'log_retention.size': retention('bytes', '512M'),
  'log_retention.compress': retention('compress_after', '7'),
};

let made: Synonyms | undefined;

/**
 * Synonyms of our own keys, then keys of a job, which belong below `default_job_config`, and their
 * synonyms there.
 */
export function configSynonyms(): Synonyms {
  made ??= { ...ofJobs(), ...own };
  return made;
}

function ofJobs(): Synonyms {
  const isOurs = (key: string) => Object.hasOwn(configSchema.properties, key);
  const keys = Object.keys(jobSchema.properties).filter((key) => !isOurs(key));
  const above = keys.map((key) => [
    key,
    called('default_job_config', `it is a key of a job; for all jobs write "default_job_config: {${key}: …}"`),
  ]);
  const below = Object.entries(jobSynonyms).map(([name, { key, words }]) => [
    `default_job_config.${name}`,
    { words, ...(key !== undefined && { key: `default_job_config.${key}` }) },
  ]);
  return Object.fromEntries([...above, ...below]);
}
