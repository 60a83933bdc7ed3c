#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: packaging/deb.sh DIR
# Builds the Debian packages from this tree, or from an unpacked source archive,
# in DIR/source, and leaves them in DIR. An archive has all that it needs in
# third_party/; a tree gets it there from tools/yyjson.sh.
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

rm -rf "$dir/source"
mkdir -p "$dir/source"
rm -f "$dir"/*.deb
files | tar -c --null -T - | tar -x -C "$dir/source"
cp -r packaging/debian "$dir/source/debian"
cp packaging/systemd/unitmesh.service "$dir/source/debian/"
for unit in packaging/systemd/unitmesh-applier.*; do
    cp "$unit" "$dir/source/debian/unitmesh.$(basename "$unit")"
done
[ -e third_party/yyjson ] ||
    tools/yyjson.sh --put "$dir/source/third_party/yyjson"
cd "$dir/source"
export DEB_BUILD_OPTIONS="nocheck ${DEB_BUILD_OPTIONS-}"
dpkg-buildpackage --build=binary --no-sign --jobs="${JOBS:-$(nproc)}"
