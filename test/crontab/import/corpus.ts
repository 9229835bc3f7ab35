/**
 * Crontabs as they stand on real hosts, written for this test: backup hosts, web applications, databases, mail, monitoring. `@` stands for the
 * directory in which every program records how it was started.
 */
export const corpus: Readonly<Record<string, string>> = {
  'backup host: rsnapshot': `# m h dom mon dow command
0 */4 * * * @/rsnapshot hourly
30 3 * * * @/rsnapshot daily
0 3 * * 1 @/rsnapshot weekly
30 2 1 * * @/rsnapshot monthly
`,
  'backup host: borg': `MAILTO=backup@example.org
BORG_REPO=ssh://vault@vault.example.org/./shop
# Nightly archive
17 2 * * * @/borg create --stats ::'{hostname}' /etc /srv
47 4 * * 0 @/borg prune --keep-daily=7 --keep-weekly 4 && @/borg compact
`,
  'backup host: restic': `PATH=@:/usr/bin:/bin
5 1 * * * restic backup --exclude-caches /home >/dev/null 2>&1
5 6 * * 6 timeout 6h restic check --read-data-subset=5%%
`,
  'backup host: rsync with a lock': `15 */2 * * * flock -n /run/lock/mirror.lock @/rsync -a --delete source::www/ /srv/www/
`,
  'backup host: dated tar': `0 4 * * * @/tar -czf /srv/backup/etc-$(date +\\%F).tar.gz /etc
`,
  'backup host: slow disks': `10 3 * * * nice -n 19 ionice -c3 @/updatedb
40 3 * * * nice -n 10 timeout -k 30 2h @/fsck-copy --all
`,
  'web: laravel': `* * * * * cd /tmp && @/php artisan schedule:run >> /dev/null 2>&1
`,
  'web: wordpress': `*/15 * * * * cd /usr && @/wp cron event run --due-now --quiet
`,
  'web: drupal': `0 * * * * @/wget -O - -q -t 1 https://www.example.org/cron/AbC
`,
  'web: nextcloud': `*/5 * * * * @/php -f /var/www/nextcloud/cron.php
`,
  'web: rails, as whenever writes it': `# Begin Whenever generated tasks for: shop at: 2026-01-01
PATH=/usr/local/bin:/usr/bin:/bin
0 5 * * * /bin/bash -l -c 'cd /tmp && RAILS_ENV=production @/bundle exec rake billing:close --silent >> log/cron.log 2>&1'
# End Whenever generated tasks for: shop at: 2026-01-01
`,
  'web: django': `DJANGO_SETTINGS_MODULE=shop.settings
2,32 * * * * @/python manage.py clearsessions
12 1 * * * @/python manage.py send_mail --limit 500 2>&1 | @/logger -t shop
`,
  'web: certificates': `0 */12 * * * test -x @/certbot -a \\! -d /run/systemd/system && perl -e 'sleep 0' && @/certbot -q renew
`,
  'web: acme.sh': `27 0 * * * "@"/acme.sh --cron --home "/root/.acme.sh" > /dev/null
`,
  'web: goaccess': `20 * * * * @/goaccess /var/log/access.log -o /tmp/report.html --log-format=COMBINED
`,
  'web: cache': `*/30 * * * * [ -d /tmp ] && @/varnishadm ban 'req.url ~ ^/shop'
`,
  'database: postgres': `PGPASSFILE=/var/lib/postgresql/.pgpass
15 2 * * * @/pg_dump -Fc shop > /dev/null
45 2 * * 7 @/vacuumdb --all --analyze -q
`,
  'database: mysql': `30 1 * * * @/mysqldump --defaults-file=/etc/mysql/backup.cnf --all-databases | @/gzip -9 > /dev/null
`,
  'database: mongo': `0 0 * * * @/mongodump --archive=/tmp/m.gz --gzip
`,
  'database: redis': `*/10 * * * * @/redis-cli -h 10.0.0.7 bgsave >/dev/null
`,
  'database: elastic': `0 1 * * * @/curator --config /etc/curator.yml /etc/actions.yml
`,
  'mail: spam': `MAILTO=""
32 5 * * * @/sa-update && @/sa-compile
`,
  'mail: queue': `*/3 * * * * @/postqueue -p | @/tail -n 1
`,
  'mail: standard input': `0 8 * * 1-5 @/mail -s 'Good morning' staff@example.org%The meeting is at nine.%Bring the list.%
`,
  'mail: no more than a percent': `0 9 1 * * @/mail -s "100\\% done" boss@example.org%
`,
  'mail: dovecot': `4 4 * * * @/doveadm expunge -A mailbox Trash savedbefore 30d
`,
  'monitoring: munin': `*/5 * * * * if [ -x @/munin-cron ]; then @/munin-cron; fi
`,
  'monitoring: ping': `*/5 * * * * @/backup --check && @/curl -fsS -m 10 --retry 5 https://hc.example.org/ping/uuid
`,
  'monitoring: chronic': `0 6 * * * chronic @/smartctl -H /dev/sda
`,
  'monitoring: sysstat': `5-55/10 * * * * command -v @/debian-sa1 > /dev/null && @/debian-sa1 1 1
59 23 * * * command -v @/debian-sa1 > /dev/null && @/debian-sa1 60 2
`,
  'monitoring: temperatures': `* * * * * @/sensors -u >> /tmp/sensors.log
`,
  'monitoring: puppet': `29,59 * * * * @/puppet agent --onetime --no-daemonize --splay --splaylimit 60
`,
  'monitoring: ansible': `#Ansible: pull
*/30 * * * * @/ansible-pull -U https://git.example.org/site.git -o
`,
  'a bash of its own': `SHELL=/bin/bash
0 7 * * * @/report <(echo one) {a,b}
`,
  'odd quotes': `0 7 * * * @/say 'it'"'"'s' "a  b" c\\ d ''
`,
  'names of months and days': `0 0 1 jan,jul * @/half-year
0 12 * * mon-fri @/lunch
`,
  nicknames: `@hourly @/tick
@daily @/tock
@weekly @/tack
@monthly @/tuck
@yearly @/teck
`,
  'both day fields': `0 0 13 * 5 @/unlucky
`,
  'tabs and blanks': `  5\t4   * *\t*   @/spaced   out\t words
`,
  'several settings': `A=1
0 1 * * * @/first
A=2
B="two words"
0 2 * * * @/second
`,
  'lines that are switched off': `#0 1 * * * @/old
# 0 2 * * * @/older
0 3 * * * @/new
`,
  'background and redirection': `0 3 * * * (@/one; @/two) >/dev/null 2>&1
`,
  'a loop': `0 3 * * * for site in a b; do @/build $site; done
`,
};
