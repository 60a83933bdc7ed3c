#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: packages.sh [FOLDER]
# Puts the packages of a folder's package-lock.json (this one's) into one of
# the user's cache, unless they are there, and prints it. 1: they cannot be had,
# with the reason.
set -eu
here=$(readlink -f "${1:-$(dirname "$0")}")
sum=$(sha256sum < "$here/package-lock.json" | cut -c1-16)
dir=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/unitmesh/${here##*/}-$sum
if [ ! -d "$dir" ]; then
    mkdir -p "${dir%/*}"
    part=$(mktemp -d "$dir.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    cp "$here/package.json" "$here/package-lock.json" "$part"
    if ! (cd "$part" && npm ci --ignore-scripts --no-audit --no-fund \
            --loglevel=error) > "$part/log" 2>&1; then
        echo "packages cannot be had from npm: $(tail -1 "$part/log")" >&2
        exit 1
    fi
    chmod 755 "$part"
    mv -T "$part" "$dir" 2> /dev/null || [ -d "$dir" ]
fi
echo "$dir"
