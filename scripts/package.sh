#!/bin/sh
# package.sh [DIRECTORY]: makes the files of a release in DIRECTORY (release/): the Debian packages,
# a tarball of the built programs for `make install`, the bill of materials (CycloneDX), and the
# checksums of all of them. It packages the commit in a clean copy, and two builds of the same commit
# have the same bytes.
set -eu
umask 022
cd "$(dirname "$0")/.."
target=$(mkdir -p "${1:-release}" && cd "${1:-release}" && pwd)
for tool in dpkg-buildpackage dh scdoc; do
  command -v "$tool" >/dev/null || {
    echo "There is no $tool here: apt-get install build-essential debhelper scdoc" >&2
    exit 1
  }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(node -p 'require("./package.json").version')
tree=$work/process-control-$version
mkdir "$tree"
if git rev-parse HEAD >/dev/null 2>&1; then
  [ -z "$(git status --porcelain)" ] || echo 'What is not committed is not in the package.' >&2
  git archive HEAD | tar -x -C "$tree"
else
  tar -c --exclude=./node_modules --exclude=./build --exclude=./dist --exclude=./release . | tar -x -C "$tree"
fi
cd "$tree"
[ "$(dpkg-parsechangelog -S Version)" = "$version" ] || {
  echo "debian/changelog is at $(dpkg-parsechangelog -S Version), package.json at $version: write an entry for it (dch -v $version)." >&2
  exit 1
}
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -S Timestamp)
export SOURCE_DATE_EPOCH

DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b >"$work/log" 2>&1 || {
  cat "$work/log" >&2
  exit 1
}

# Without the node of this host and its code cache.
rm -f dist/node dist/*.cache
tar -c --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C "$work" \
  $(for part in LICENSE README.md CHANGELOG.md Makefile package.json bin completions dist docs etc examples jobs.example man schema \
    scripts/check-node.sh scripts/copy-tree.sh scripts/prepare-system.sh; do echo "process-control-$version/$part"; done) |
  gzip -9n >"$work/process-control-$version.tar.gz"

cp dist/process-control.cdx.json "$work/process-control-$version.cdx.json"

cd "$target"
mv "$work/process-control-$version.cdx.json" "$work/process-control-$version.tar.gz" "$work"/process-control*_"$version"_*.deb "$work"/process-control_"$version"_*.changes \
  "$work"/process-control_"$version"_*.buildinfo .
sha256sum "process-control-$version.tar.gz" "process-control-$version.cdx.json" process-control*_"$version"_*.deb >SHA256SUMS
cat SHA256SUMS
