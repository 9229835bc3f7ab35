#!/bin/sh
# copy-tree.sh TARGET PATH…: copies files and directories into TARGET, readable by all users,
# whatever umask and modes the checkout has.
set -eu
target=$1
shift
for path; do
  [ -e "$path" ] || { echo "$path is missing" >&2; exit 1; }
  find "$path" -type f | while IFS= read -r file; do
    install -D -m 644 "$file" "$target/$file"
  done
done
