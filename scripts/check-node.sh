#!/bin/sh
# check-node.sh NODE DESTDIR: refuses a node that the installed programs must not be bound to. The
# programs run as root and as the service user, so a user who can replace node's file has the rights
# of both.
set -eu
node=$1 destdir=$2
[ -f "$node" ] && [ -x "$node" ] || { echo "No node found: NODE=/path/to/node make install" >&2; exit 1; }
case $node in /*) ;; *) echo "NODE must be an absolute path, found $node" >&2; exit 1 ;; esac
# The check comes before the first run: a file that others can change must not run as root even
# once. The installed link contains the path as it is given, so the directory of each link on the
# way counts too.
judge() {
  rest=$1 part='' links=0
  refuse /
  while [ -n "$rest" ]; do
    rest=${rest#/} name=${rest%%/*}
    case $rest in */*) rest=/${rest#*/} ;; *) rest='' ;; esac
    case $name in '' | .) continue ;; ..) part=${part%/*} && continue ;; esac
    if [ -L "$part/$name" ]; then
      links=$((links + 1))
      [ "$links" -le 40 ] || { echo "$1 is a circle of links." >&2; exit 1; }
      target=$(readlink -- "$part/$name")
      case $target in /*) part='' ;; esac
      rest=/$target$rest
    else
      part=$part/$name
      refuse "$part"
    fi
  done
}
refuse() {
  if [ "$(stat -c %u -- "$1")" != 0 ] || [ -n "$(find "$1" -maxdepth 0 -perm /022)" ]; then
    echo "$1 can be changed by others than root, and root's programs would run it." >&2
    echo "Install Node system-wide, or name another: make install NODE=/usr/bin/node" >&2
    exit 1
  fi
}
# With DESTDIR the node of the target host is not here, so it can't be checked.
if [ -z "$destdir" ] && [ "$(id -u)" = 0 ]; then judge "$node"; fi
"$node" -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`${process.execPath} is Node ${process.versions.node}; process-control needs 20.19 or newer`);
    process.exit(1);
  }'
