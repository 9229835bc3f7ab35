/**
 * Timers and services as they stand on real hosts, written for this test, with the keys that they become. The service user is `app`; files of
 * variables are those of `environmentFiles`.
 */

export interface TimerCase {
  /** Without `.timer`; `backup` unless given. */
  readonly name?: string;
  readonly timer: string;
  /** The lines of [Service] behind `Type=oneshot` and `User=app`, or all of the file if it begins with `[`. */
  readonly service: string;
  /** The lines of the job files without comments; an empty line between two files. */
  readonly keys: readonly string[];
  /** What each CHECK has, in order. */
  readonly checks?: readonly RegExp[];
  readonly problems?: readonly RegExp[];
  /** The starts of jobs and timer are not equal for two years. */
  readonly differs?: true;
}

export const environmentFiles: Readonly<Record<string, string>> = {
  '/etc/default/shop': '# The shop\nSHOP_DB=main\nOPTIONS="--fast --keep \'a b\'"\n',
};

export const timers: Readonly<Record<string, TimerCase>> = {
  'a nightly backup': {
    timer: 'OnCalendar=*-*-* 02:30:00\nPersistent=true\nRandomizedDelaySec=15min',
    service: 'ExecStart=/usr/local/bin/backup --all\nNice=10\nIOSchedulingClass=idle\nTimeoutStartSec=2h',
    keys: [
      ...['name: backup', 'command: ionice -c 3 /usr/local/bin/backup --all', 'schedule: "30 2 * * *"', 'splay: 15m'],
      ...['catch_up: last', 'nice: 10', 'timeout: 2h', 'kill_grace: 90s'],
    ],
  },
  'the description is the name': {
    timer: 'OnCalendar=daily',
    service:
      '[Unit]\nDescription=Rotate: the logs\n[Service]\nType=oneshot\nUser=app\nExecStart=/usr/sbin/logrotate /etc/logrotate.conf',
    keys: ["name: 'Rotate: the logs'", 'command: /usr/sbin/logrotate /etc/logrotate.conf', 'schedule: "0 0 * * *"'],
  },
  'working days': {
    timer: 'OnCalendar=Mon..Fri 08..18/2:15',
    service: 'WorkingDirectory=/srv/app\nUMask=0027\nExecStart=bin/report',
    keys: [
      'name: backup',
      'command: bin/report',
      'schedule: "15 8-18/2 * * 1-5"',
      'working_directory: /srv/app',
      'umask: 027',
    ],
  },
  'every quarter of an hour': {
    timer: 'OnCalendar=*:0/15\nAccuracySec=1s',
    service: 'ExecStart=/opt/sync',
    keys: ['name: backup', 'command: /opt/sync', 'schedule: "*/15 * * * *"'],
  },
  hourly: {
    timer: 'OnCalendar=hourly',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "0 * * * *"'],
  },
  minutely: {
    timer: 'OnCalendar=minutely',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "* * * * *"'],
  },
  weekly: {
    timer: 'OnCalendar=weekly\nPersistent=yes',
    service: 'ExecStart=/sbin/fstrim -a',
    keys: [
      'name: backup',
      'command: /sbin/fstrim -a',
      'schedule: "0 0 * * 1"',
      'catch_up: last',
      'catch_up_window: 7d',
    ],
  },
  'monthly, quarterly, yearly': {
    timer: 'OnCalendar=monthly\nOnCalendar=quarterly\nOnCalendar=yearly',
    service: 'ExecStart=/opt/close',
    keys: ['name: backup', 'command: /opt/close', 'schedule: "0 0 1 * *"'],
  },
  'two times that are one schedule': {
    timer: 'OnCalendar=*-*-* 06:00\nOnCalendar=*-*-* 18:00',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "0 6,18 * * *"'],
  },
  'two times that are two schedules': {
    timer: 'OnCalendar=Mon..Fri 06:10\nOnCalendar=Sat,Sun 09:00',
    service: 'ExecStart=/opt/x',
    keys: [
      ...['name: backup', 'command: /opt/x', 'schedule: "10 6 * * 1-5"', 'locks: [backup]', ''],
      ...['name: backup-2', 'command: /opt/x', 'schedule: "0 9 * * 0,6"', 'locks: [backup]'],
    ],
  },
  'earlier times are taken back': {
    timer: 'OnCalendar=daily\nOnBootSec=5min\nOnCalendar=\nOnCalendar=12:00',
    service: 'ExecStart=/opt/old\nExecStart=\nExecStart=/opt/new',
    keys: ['name: backup', 'command: /opt/new', 'schedule: "0 12 * * *"'],
  },
  'the first Monday': {
    timer: 'OnCalendar=Mon *-*-01..07 09:00',
    service: 'ExecStart=/opt/report',
    keys: [
      'name: backup',
      `command: '/bin/sh -c ''test "$(date +%u)" = 1 || exit 0; exec "$@"'' sh /opt/report'`,
      'schedule: "0 9 1-7 * *"',
    ],
  },
  'the last day': {
    timer: 'OnCalendar=*-*~01 23:00',
    service: 'ExecStart=/opt/close',
    keys: [
      'name: backup',
      `command: '/bin/sh -c ''test "$(date -d ''\\''''+1 days''\\'''' +%-d)" -le 1 || exit 0; exec "$@"'' sh /opt/close'`,
      'schedule: "0 23 28-31 * *"',
    ],
  },
  'the last weekend': {
    timer: 'OnCalendar=Sat,Sun *-*~07/1 04:00\nPersistent=true',
    service: 'ExecStart=/opt/x',
    keys: [
      'name: backup',
      `command: '/bin/sh -c ''expr "$(date +%u)" : ''\\''''[67]''\\'''' >/dev/null && test "$(date -d ''\\''''+7 days''\\'''' +%-d)" -le 7 || exit 0; exec "$@"'' sh /opt/x'`,
      'schedule: "0 4 22-31 * *"',
      'catch_up: last',
      'catch_up_window: 22d',
    ],
    checks: [/caught up on another day/],
  },
  'a zone of its own': {
    timer: 'OnCalendar=Mon..Fri *-*-* 17:30:00 America/New_York',
    service: 'ExecStart=/opt/close-books',
    keys: ['name: backup', 'command: /opt/close-books', 'schedule: "30 17 * * 1-5"', 'time_zone: America/New_York'],
  },
  'UTC in a host of another zone': {
    timer: 'OnCalendar=*-*-* 01:30 UTC',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "30 1 * * *"', 'time_zone: UTC'],
  },
  'a second of the minute': {
    timer: 'OnCalendar=*-*-* 05:40:30',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "40 5 * * *"'],
    checks: [/backup\.timer, line 2: OnCalendar=.*at second 30, cron at second 0/],
  },
  'more than once a minute': {
    timer: 'OnCalendar=*:*:0/10',
    service: 'ExecStart=/opt/poll',
    keys: ['name: backup', 'command: /opt/poll', 'schedule: "* * * * *"'],
    checks: [/6 times in a minute/],
  },
  'a year': {
    timer: 'OnCalendar=2027-03-01 12:00',
    service: 'ExecStart=/opt/x',
    keys: [],
    problems: [/knows no years/],
  },
  'no calendar event': {
    timer: 'OnCalendar=noon',
    service: 'ExecStart=/opt/x',
    keys: [],
    problems: [/not a calendar event/],
  },
  'an interval': {
    timer: 'OnBootSec=15min\nOnUnitActiveSec=1d',
    service: 'ExecStart=/usr/bin/systemd-tmpfiles --clean\nSuccessExitStatus=DATAERR 3',
    keys: [
      'name: backup',
      'command: /usr/bin/systemd-tmpfiles --clean',
      'schedule: "0 0 * * *"',
      'success_exit_codes: [0, 3, 65]',
    ],
    checks: [/OnUnitActiveSec=1d: systemd counts from the last start.*OnBootSec=15min/],
  },
  'an interval that cron does not have': {
    timer: 'OnBootSec=2min\nOnUnitInactiveSec=7min',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x'],
    checks: [/the end of the last run, and cron has no such distance/],
  },
  'after each boot': {
    timer: 'OnBootSec=3min\nRandomizedDelaySec=30',
    service: 'ExecStart=/opt/x',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "@reboot"', 'splay: 30s'],
    checks: [/OnBootSec=3min: systemd waits so long after the boot/],
  },
  'several commands, one may fail': {
    timer: 'OnCalendar=03:00',
    service: `ExecStartPre=-/bin/mkdir /srv/b\nExecStart=/usr/bin/rsync -a "/srv/my data/" \\
  /srv/b/ ; /bin/sync\nExecStartPost=/usr/bin/touch /srv/b/done\nTimeoutSec=90`,
    keys: [
      ...['name: backup', 'command:', `  - '/bin/sh -c ''"$@" || true'' sh /bin/mkdir /srv/b'`],
      ...[`  - '/usr/bin/rsync -a ''/srv/my data/'' /srv/b/'`, '  - /bin/sync', '  - /usr/bin/touch /srv/b/done'],
      ...['schedule: "0 3 * * *"', 'timeout: 1m30s', 'kill_grace: 1m30s'],
    ],
    checks: [/TimeoutSec=90: it holds for each command/],
  },
  variables: {
    timer: 'OnCalendar=04:00',
    service: `Environment="GREETING=good day" LEVEL=3\nEnvironmentFile=-/etc/default/shop\nExecStart=/opt/x $OPTIONS "\${GREETING}, \${SHOP_DB}" $$HOME %% :\${NONE}`,
    keys: [
      ...['name: backup', `command: '/opt/x --fast --keep ''a b'' ''good day, main'' ''$HOME'' % :'`],
      ...['schedule: "0 4 * * *"', 'environment:', '  GREETING: good day', "  LEVEL: '3'", '  SHOP_DB: main'],
      ...[`  OPTIONS: '--fast --keep ''a b'''`],
    ],
    checks: [/values of today stand in the job file/],
  },
  'an instance': {
    name: 'dump@main-db',
    timer: 'OnCalendar=Sun 05:05',
    service: '[Unit]\nDescription=Dump of %I\n[Service]\nType=oneshot\nUser=app\nExecStart=/usr/bin/dump %i %p %n',
    keys: [
      'name: Dump of main/db',
      'command: /usr/bin/dump main-db dump dump@main-db.service',
      'schedule: "5 5 * * 0"',
    ],
  },
  'another user': {
    timer: 'OnCalendar=06:00',
    service: '[Service]\nType=oneshot\nPrivateTmp=true\nExecStart=/usr/bin/certbot -q renew',
    keys: ['name: backup', 'command: sudo -n -u root -- /usr/bin/certbot -q renew', 'schedule: "0 6 * * *"'],
    checks: [
      /PrivateTmp=true: sudo does not work/,
      /systemd ran it as root.*app ALL=\(root\) NOPASSWD: \/usr\/bin\/certbot -q renew\./,
    ],
  },
  'the rights of root for one command': {
    timer: 'OnCalendar=06:00',
    service: 'ExecStartPre=+/usr/bin/install -d /var/cache/x\nExecStart=/usr/bin/x',
    keys: [
      ...['name: backup', 'command:', '  - sudo -n -u root -- /usr/bin/install -d /var/cache/x', '  - /usr/bin/x'],
      'schedule: "0 6 * * *"',
    ],
    checks: [/systemd ran \/usr\/bin\/install as root/],
  },
  'a sandbox': {
    timer: 'OnCalendar=06:00',
    service:
      'ExecStart=/opt/x\nPrivateTmp=yes\nNoNewPrivileges=yes\nProtectSystem=full\nMemoryMax=1G\nLimitNOFILE=4096\nPrivateDevices=no',
    keys: [
      ...['name: backup', 'command: /opt/x', 'schedule: "0 6 * * *"', 'private_tmp: true', 'no_new_privileges: true'],
      ...['limits:', '  nofile: 4096'],
    ],
    checks: [/ProtectSystem=, MemoryMax=: a job file has no such keys/],
  },
  'conditions and failures': {
    timer: 'OnCalendar=06:00\nWakeSystem=true',
    service:
      '[Unit]\nConditionACPower=true\nOnFailure=mail@%n.service\nWants=network-online.target\n[Service]\nType=oneshot\nUser=app\nExecStart=/opt/x\nRestart=on-failure\nKillSignal=SIGINT',
    keys: ['name: backup', 'command: /opt/x', 'schedule: "0 6 * * *"'],
    checks: [
      ...[/WakeSystem=true/, /ConditionACPower=true/, /OnFailure=mail@backup\.service\.service: .*notify/],
      ...[/Restart=on-failure: max_task_failures/, /KillSignal=SIGINT: run-job sends TERM/],
    ],
  },
  'a service that is not oneshot': {
    timer: 'OnCalendar=06:00',
    service:
      '[Service]\nUser=app\nRuntimeMaxSec=1h 30min\nTimeoutStartSec=5\nExecStart=@/opt/x x -v\nExecStartPost=/opt/ready\nTimeoutStopSec=20',
    keys: ['name: backup', 'command: /opt/x -v', 'schedule: "0 6 * * *"', 'timeout: 90m', 'kill_grace: 20s'],
    checks: [/ExecStartPost=\/opt\/ready: it ran beside ExecStart/],
  },
  'nothing to run': {
    timer: 'OnCalendar=06:00',
    service: '[Service]\nType=oneshot\nUser=app',
    keys: [],
    problems: [/no ExecStart=/],
  },
  'lines that are none': {
    timer: 'OnCalendar=06:00\nwhat is this',
    service: 'ExecStart=/opt/x "open',
    keys: [],
    problems: [/neither a comment/, /never closed/],
  },
};
