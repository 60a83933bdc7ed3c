#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: yyjson.sh [--get]
# Prints the folder of yyjson.c and yyjson.h: outside the tree, in the user's
# cache. With --get it puts them there, unless they or a system package are:
# Debian 12 has no package, and the source distribution of the Python package
# of the same name carries both files. Pinned, and checked by pip.
set -eu
version=0.10.0
dir=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/unitmesh/yyjson-$version
if [ "${1:-}" != --get ]; then
    echo "$dir"
    exit
fi
if [ -f "$dir/yyjson.c" ] || pkg-config --exists yyjson; then
    exit
fi
if ! mkdir -p "$dir.part" 2> /dev/null || ! [ -w "$dir.part" ]; then
    echo "yyjson $version cannot be put into $dir: that cannot be written." >&2
    echo "Set XDG_CACHE_HOME to a folder that can, for make deps and make." >&2
    exit 1
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cat > "$tmp/pin.txt" <<'PIN'
yyjson==4.0.6 --hash=sha256:fcd4dc15c1e39a30bf9fa85d56903029111506860fc3080ab0d81c6c6dacaa8c
PIN
python=/usr/bin/python3
[ -x $python ] || python=python3
if ! $python -m pip download -q --no-deps --no-binary :all: \
        --disable-pip-version-check --require-hashes \
        -r "$tmp/pin.txt" -d "$tmp" > "$tmp/log" 2>&1; then
    tail -5 "$tmp/log" >&2
    echo "yyjson $version: cannot be had from PyPI" >&2
    exit 1
fi
tar -xzf "$tmp"/yyjson-*.tar.gz -C "$tmp"
cp "$tmp"/yyjson-*/yyjson/yyjson.[ch] "$dir.part"
mv -T "$dir.part" "$dir" 2>/dev/null || [ -f "$dir/yyjson.c" ]
echo "yyjson $version is in $dir"
