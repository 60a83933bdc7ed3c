#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: packages.sh [LIST]
# Puts the packages of a list (packages.txt beside this) into a folder of the
# user's cache, unless they are there, and prints it. 1: they cannot be had,
# with the reason.
set -eu
list=${1:-$(dirname "$(readlink -f "$0")")/packages.txt}
python=/usr/bin/python3
[ -x $python ] || python=python3
# What is compiled is of one version of Python.
sum=$({ $python -V; cat "$list"; } | sha256sum | cut -c1-16)
dir=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/unitmesh/python-$sum
if [ ! -d "$dir" ]; then
    mkdir -p "${dir%/*}"
    part=$(mktemp -d "$dir.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    if ! $python -m pip install -q --no-deps --disable-pip-version-check \
            --root-user-action ignore --no-warn-script-location \
            --target "$part" -r "$list" > "$part/log" 2>&1; then
        echo "$list cannot be had from PyPI: $(tail -1 "$part/log")" >&2
        exit 1
    fi
    chmod 755 "$part"
    mv -T "$part" "$dir" 2> /dev/null || [ -d "$dir" ]
fi
echo "$dir"
