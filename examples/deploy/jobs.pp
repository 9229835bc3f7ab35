# Job files by Puppet. A file with a mistake is never installed, and the crontab is written only if it would change.
#
#     puppet apply --noop jobs.pp      what would change
#     puppet apply jobs.pp
#
# Here the job files are in a directory of this machine. With a Puppet server: source => "puppet:///modules/jobs/${job}.yaml".
$jobs = ['disk-usage']

$jobs.each |String $job| {
  file { "/var/lib/process-control/${job}.yaml":
    owner        => 'root',
    group        => 'root',
    mode         => '0644',
    source       => "/srv/jobs/${job}.yaml",
    validate_cmd => '/usr/bin/cron-generate --validate %',
    before       => Exec['cron-generate'],
  }
}

exec { 'cron-generate':
  command => '/usr/bin/cron-generate',
  unless  => '/usr/bin/cron-generate --check',
}
