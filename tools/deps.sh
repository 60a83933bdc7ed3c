#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: deps.sh [build|all]
# Installs the Debian packages of tools/deps.txt that are missing (group build,
# or all), and yyjson's source where the system has no package of it. Needs
# root or sudo for that; without, it says what is missing and exits 1. When
# nothing is missing it costs one dpkg-query.
set -eu
here=$(dirname "$(readlink -f "$0")")
group=${1:-all}

wanted() {
    awk -v g="$group" '$1 == "build" || (g == "all" && $1 == "test") {
        print $2 }' "$here/deps.txt" |
        while read -r name; do
            bare=${name%\?}
            [ "$bare" != "$name" ] && command -v "$bare" > /dev/null ||
                echo "$bare"
        done
}

missing() {
    mapfile -t names < <(wanted)
    # Installed, or provided by another package (pkgconf for pkg-config).
    dpkg-query -W -f '${db:Status-Abbrev}|${Package}|${Provides}\n' |
        awk -F'|' -v want="${names[*]}" '
            $1 ~ /^.i/ {
                have[$2] = 1
                n = split($3, p, /, */)
                for (i = 1; i <= n; i++) {
                    sub(/ .*/, "", p[i])
                    have[p[i]] = 1
                }
            }
            END { n = split(want, w, " ")
                for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    [ "$(id -u)" = 0 ] || { command -v sudo && sudo -n true; } \
        >/dev/null 2>&1
}

install_packages() {
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get install -y -q --no-install-recommends "$@" && return
    as_root apt-get update -q
    as_root apt-get install -y -q --no-install-recommends "$@"
}

if command -v dpkg-query >/dev/null; then
    mapfile -t lacking < <(missing)
    if [ ${#lacking[@]} -gt 0 ]; then
        if ! may_install; then
            echo "missing packages: ${lacking[*]}" >&2
            echo "as root: apt-get install ${lacking[*]}" >&2
            exit 1
        fi
        echo "installing: ${lacking[*]}"
        install_packages "${lacking[@]}"
    fi
else
    echo "not a Debian: install the equivalents of tools/deps.txt" >&2
fi
exec "$here/yyjson.sh" --get
