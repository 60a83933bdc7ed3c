#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: yyjson.sh [--get | --put FOLDER]
# Prints the folder of yyjson.c and yyjson.h: third_party/ in an archive of the
# source, else outside the tree, in the user's cache. With --get it puts them
# there, unless they or a system package are: Debian 12 has no package, and the
# source distribution of the Python package of the same name carries both files.
# Pinned, and checked by pip. --put copies them into a folder, whatever the
# system has: for an archive.
set -eu
ours=$(dirname "$(dirname "$(readlink -f "$0")")")/third_party/yyjson
version=0.10.0
dir=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/unitmesh/yyjson-$version
[ ! -f "$ours/yyjson.c" ] || dir=$ours
put() {
    mkdir -p "$1"
    cp "$dir/yyjson.c" "$dir/yyjson.h" "$1"
    exit
}

case ${1:-} in
--get)
    [ ! -f "$dir/yyjson.c" ] && ! pkg-config --exists yyjson || exit 0 ;;
--put)
    [ ! -f "$dir/yyjson.c" ] || put "$2" ;;
*)
    echo "$dir"
    exit ;;
esac
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
[ "$1" != --put ] || put "$2"
echo "yyjson $version is in $dir"
