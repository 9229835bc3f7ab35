#!/bin/sh
# prepare-system.sh PREFIX: makes the service user and its directories, and the user of the page for
# browsers, by systemd's tools if the host has them.
set -eu
prefix=$1
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers "$prefix/lib/sysusers.d/process-control.conf" "$prefix/lib/sysusers.d/process-control-web.conf"
else
  getent passwd process-control >/dev/null ||
    useradd --system --user-group --no-create-home --home-dir /var/lib/process-control --shell /usr/sbin/nologin \
      --comment 'process-control jobs' process-control
  getent passwd process-control-web >/dev/null ||
    useradd --system --user-group --groups adm --no-create-home --home-dir / --shell /usr/sbin/nologin \
      --comment 'process-control page' process-control-web
fi
if command -v systemd-tmpfiles >/dev/null; then
  systemd-tmpfiles --create "$prefix/lib/tmpfiles.d/process-control.conf"
else
  sed -n 's/^d //p' "$prefix/lib/tmpfiles.d/process-control.conf" | while read -r directory mode user group _; do
    install -d -m "$mode" -o "$user" -g "$group" "$directory"
  done
  echo 'This host has no systemd-tmpfiles: /run/process-control must be made again at each boot.' >&2
fi
