/** Commands of other programs, and what does the same here. */

function all(names: string, advice: string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, advice]));
}

export const otherCommands: Readonly<Record<string, string>> = {
  ...all('ls jobs ps top list-jobs st', 'all jobs and what they do: jobctl status'),
  ...all(
    'show info describe get cat inspect',
    'all about a job: jobctl status NAME; its file is NAME.yaml in the job_directory',
  ),
  ...all('run exec execute trigger launch fire now up', 'to run a job now: jobctl start NAME'),
  ...all('kill abort cancel terminate end down', 'to end the run of a job: jobctl stop NAME'),
  ...all('log output journal', 'the log of the latest run: jobctl logs NAME'),
  ...all('tail follow watch', 'a log while the run goes on: jobctl logs NAME --follow'),
  ...all(
    'enable unpause unmask continue thaw',
    'to end a pause: jobctl resume NAME; "disabled: true" in the job file is taken out by hand, then: sudo cron-generate',
  ),
  ...all(
    'disable mask hold freeze suspend',
    'for a while: jobctl pause NAME --for 2h; for good, write "disabled: true" into the job file, then: sudo cron-generate',
  ),
  ...all(
    'edit create new add',
    'a job is the file NAME.yaml in the job_directory; edit it, then: jobctl check, and sudo cron-generate',
  ),
  ...all('delete remove rm del destroy', 'remove the file NAME.yaml from the job_directory, then: sudo cron-generate'),
  ...all(
    'reload daemon-reload apply deploy install update sync generate',
    'after a change of job files: sudo cron-generate',
  ),
  ...all('validate lint test verify', 'jobctl check, or jobctl check FILE'),
  ...all('dry-run rehearse simulate', 'run-job --rehearse NAME'),
  ...all('schedule timers list-timers upcoming when', 'when jobs will start: jobctl next'),
  ...all('runs past last', 'the runs of a job: jobctl history NAME'),
  ...all('cordon uncordon drain lost', 'a host of the pools: jobctl host cordon HOST, uncordon, drain or lost'),
  ...all('hosts pools nodes cluster', 'the hosts of the pools and their jobs: jobctl fleet'),
  ...all('addresses ports upstream upstreams backends', 'where the instances of a service are: jobctl endpoints NAME'),
  ...all('explain debug diagnose', 'why a job ran or did not: jobctl why NAME'),
  ...all('clear reset-failed ack acknowledge', 'to forget the failures of a job: jobctl reset NAME'),
  help: 'jobctl --help, or jobctl COMMAND --help',
  version: 'jobctl --version',
};
