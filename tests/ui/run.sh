#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: run.sh [WORD…]
# The specs of the web page in Debian's Chromium, on meshes of real daemons;
# with words those whose name has one. Chromium is installed where it is
# missing and that is allowed, the rest comes from npm into the user's cache.
# What cannot be had is a line `skip`. Pictures go to UI_SHOTS=…, else
# build/ui-shots.
set -eu
here=$(dirname "$(readlink -f "$0")")

skip() {
    echo "skip the web page: $1"
    exit 0
}

install_chromium() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends \
            chromium fonts-dejavu-core; }
}

for name in node npm openssl; do
    command -v $name > /dev/null || skip "there is no $name"
done
export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$CHROMIUM" ]; then
    install_chromium > /dev/null 2>&1 || skip "there is no chromium"
    CHROMIUM=$(command -v chromium)
fi
UI_MODULES=$("$here/packages.sh") || skip "its packages cannot be had"
export UI_MODULES UI_SHOTS=${UI_SHOTS:-${BUILDDIR:-build}/ui-shots}
exec node "$here/run.mjs" "$@"
