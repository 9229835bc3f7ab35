#!/bin/sh
# The README's first command: makes example jobs and a crontab in this user's own directories, runs
# one job, and shows the result; at a terminal it then starts all of them by the clock, until ^C. It
# needs no root and no cron, changes nothing outside these directories, and never overwrites a job file.
set -eu
umask 022
cd "$(dirname "$0")/.."

refuse() {
  printf '%s\n' "$@" >&2
  exit 77
}

if [ "$(id -u)" = 0 ]; then
  refuse 'npm run try shows process-control in the directories of an ordinary user; root has none, because root never runs jobs.' \
    'As another user, in a checkout that this user can read:   npm run try' \
    'For real, on this host:                                   make install   (README.md, "Install")'
fi
if [ -e /etc/process-control.yaml ] || [ -n "$(find /etc/process-control.d -name '*.yaml' 2>/dev/null)" ]; then
  refuse 'This host has a configuration in /etc (process-control.yaml or process-control.d), so the programs use that, and not directories of your own.' \
    'Look around with:   bin/run-job --list-jobs'
fi
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
export HOME
config=${XDG_CONFIG_HOME:-$HOME/.config}/process-control
state=${XDG_STATE_HOME:-$HOME/.local/state}/process-control
mkdir -p "$config/jobs" 2>/dev/null || refuse "$config can't be made. Name a home that you can write to:   HOME=\$(mktemp -d) npm run try"

say() { printf '\n%s\n' "$*"; }
run() {
  printf '\n+ %s\n' "$*"
  "$@"
}

if [ -n "$(find "$config/jobs" -name '*.yaml' | head -n 1)" ]; then
  say "Your jobs in $config/jobs are left as they are."
else
  for job in jobs.example/*.yaml; do
    # Editors then use the schema of this checkout.
    sed "1s|file:///usr/share/process-control|file://$PWD|" "$job" >"$config/jobs/${job##*/}"
  done
  say "Copied the example jobs to $config/jobs:"
fi
job=hello
[ -e "$config/jobs/$job.yaml" ] || refuse "There is no $config/jobs/$job.yaml to run; copy jobs.example/$job.yaml there."

run cat "$config/jobs/$job.yaml"
run bin/cron-generate
run grep -w "$job" "$config/crontab"
run bin/run-job --job "$job" || say "It failed, with exit code $?."
say 'The services among the examples are not up yet: bin/job-scheduler starts them, or cron once the crontab is installed.'
# Its exit code is the worst of all jobs.
run bin/jobctl status || true
run bin/jobctl history "$job"
run bin/jobctl logs "$job"

# A browser on this host gets to the page with this token, which only this user can read.
tokens=$config/page.tokens
[ -s "$tokens" ] || (umask 077 && head -c 30 /dev/urandom | base64 >"$tokens")

cat <<END

Type next:
  bin/run-job disk-usage              another job, with its output at the terminal
  bin/cron-generate --check --diff    after you changed a job file
  bin/jobctl pause $job --for 1h     then: bin/jobctl status $job
To run all of them by the clock:
  bin/job-scheduler --job-output      starts them here until ^C, without cron
  bin/cron-generate --install         adds the jobs to your crontab, and keeps the lines that you have
  bin/cron-generate --uninstall       takes them out again
For a whole host see README.md, "Install".
All of it in a browser, until ^C:
  bin/process-control-web             says how to open it through ssh, from your own machine
  bin/process-control-web --listen 127.0.0.1:8080 --token-file $tokens
                                      on this one: http://127.0.0.1:8080/ with the token $(head -n 1 "$tokens")
END

# What runs by itself has nobody who types ^C.
[ -t 0 ] && [ -t 1 ] && [ -z "${CI:-}" ] || exit 0
say 'Now by the clock, until ^C; the first job is due at the next full ten minutes at the latest:'
printf '\n+ bin/job-scheduler --job-output\n'
exec bin/job-scheduler --job-output
