#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: packaging/deb.sh DIR
# Builds the Debian packages from this tree, or from an unpacked source archive,
# in DIR/source, and leaves them in DIR. Where the distribution has no yyjson,
# the pinned files that tools/yyjson.sh fetches are put beside the source.
set -eu
root=$(dirname "$(dirname "$(readlink -f "$0")")")
dir=$(readlink -m "${1:?usage: deb.sh DIR}")
cd "$root"

files() {
    if [ -e .git ]; then
        git ls-files -z
    else
        find . -path './build*' -prune -o -path "$dir" -prune -o -type f \
            -printf '%P\0'
    fi
}

rm -rf "$dir/source" "$dir/yyjson"
mkdir -p "$dir/source"
rm -f "$dir"/*.deb
files | tar -c --null -T - | tar -x -C "$dir/source"
cp -r packaging/debian "$dir/source/debian"
cp packaging/systemd/unitmesh.service "$dir/source/debian/"
for unit in packaging/systemd/unitmesh-applier.*; do
    cp "$unit" "$dir/source/debian/unitmesh.$(basename "$unit")"
done
if ! pkg-config --exists yyjson; then
    tools/yyjson.sh --get
    mkdir "$dir/yyjson"
    cp "$(tools/yyjson.sh)"/yyjson.[ch] "$dir/yyjson"
fi
cd "$dir/source"
export DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS-}"
dpkg-buildpackage --build=binary --no-sign --jobs="${JOBS:-$(nproc)}"
