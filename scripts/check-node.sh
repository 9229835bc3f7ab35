#!/bin/sh
# check-node.sh NODE DESTDIR: refuses a node that the installed programs must not be bound to.
# They start as root and as the service user, so whoever can replace this file has both.
set -eu
node=$1 destdir=$2
[ -f "$node" ] && [ -x "$node" ] || { echo "No node found: NODE=/path/to/node make install" >&2; exit 1; }
case $node in /*) ;; *) echo "NODE must be an absolute path, found $node" >&2; exit 1 ;; esac
# Judged before it is run: what others can change must not run as root even once. The link that is installed names the path as it is
# given, so each link on the way counts too: by the directory that it stands in.
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
# Staging for a package, or into a directory of one's own: the target machine's node is not here to be judged.
if [ -z "$destdir" ] && [ "$(id -u)" = 0 ]; then judge "$node"; fi
"$node" -e '
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`${process.execPath} is Node ${process.versions.node}; process-control needs 20.19 or newer`);
    process.exit(1);
  }'
