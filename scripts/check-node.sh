#!/bin/sh
# check-node.sh NODE DESTDIR: refuses a node that the installed programs must not be bound to.
# They start as root and as the service user, so whoever can replace this file has both.
set -eu
node=$1 destdir=$2
[ -x "$node" ] || { echo "No node found: NODE=/path/to/node make install" >&2; exit 1; }
# Judged before it is run: what others can change must not run as root even once.
judge() {
  part=$(readlink -f -- "$1")
  while :; do
    if [ "$(stat -c %u "$part")" != 0 ] || [ -n "$(find "$part" -maxdepth 0 -perm /022)" ]; then
      echo "$part can be changed by others than root, and root's programs would run it." >&2
      echo "Install Node system-wide, or name another: make install NODE=/usr/bin/node" >&2
      exit 1
    fi
    [ "$part" != / ] || return 0
    part=$(dirname "$part")
  done
}
# Staging for a package, or into a directory of one's own: the target machine's node is not here to be judged.
if [ -z "$destdir" ] && [ "$(id -u)" = 0 ]; then judge "$node"; fi
"$node" -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`${process.execPath} is Node ${process.versions.node}; process-control needs 20.19 or newer`);
    process.exit(1);
  }'
