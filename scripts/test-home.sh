#!/bin/sh
# Says once, before the tests start, that an ordinary user's home is in a place that process-control refuses: each test would only wait for what never comes.
set -eu
[ "$(id -u)" -ne 0 ] || exit 0
directory=$(cd "${HOME:?HOME is not set}" 2>/dev/null && pwd -P) && [ -w "$directory" ] || { echo "$0: HOME ($HOME) can not be written; the tests keep their files there" >&2; exit 1; }
while :; do
  if [ -n "$(find "$directory" -maxdepth 0 -perm /0022)" ]; then
    echo "$0: others can write $directory, and process-control trusts no configuration below it: set HOME to a directory where only you can write" >&2
    exit 1
  fi
  [ "$directory" != / ] || exit 0
  directory=$(dirname "$directory")
done
