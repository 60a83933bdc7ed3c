#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: run.sh [WORD…]
# The specs of the web page in Debian's Chromium, on meshes of real daemons;
# with words those whose name has one, without first the tests of unit/, which
# need but node. Chromium is installed where it is missing and that is allowed,
# the rest comes from npm into the user's cache.
# What cannot be had is a line `skip`. Pictures go to UI_SHOTS=…, else
# build/ui-shots.
set -eu -o pipefail
here=$(dirname "$(readlink -f "$0")")
rv=0

skip() {
    echo "skip the web page: $1"
    exit $rv
}

# TAP as lines that are counted. An older node makes a test of each file, too:
# that is a line only if it fails.
units() {
    node --test --test-reporter=tap "$here"/unit/*.test.mjs | awk '
        /^ *(not )?ok [0-9]+ / {
            word = /^ *not/ ? "FAIL" : / # SKIP/ ? "skip" : "ok"
            sub(/^ *(not )?ok [0-9]+ (- )?/, "")
            if (word != "ok" || !/\.test\.mjs$/) print word " unit: " $0
            next
        }
        word == "FAIL" && /^ / { print }'
}

install_chromium() {
    [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || return 1
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends \
            chromium fonts-dejavu-core; }
}

need() {
    command -v "$1" > /dev/null || skip "there is no $1"
}

need node
[ $# -gt 0 ] || units || rv=1
need npm
need openssl
export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
if [ -z "$CHROMIUM" ]; then
    install_chromium > /dev/null 2>&1 || skip "there is no chromium"
    CHROMIUM=$(command -v chromium)
fi
UI_MODULES=$("$here/packages.sh") || skip "its packages cannot be had"
export UI_MODULES UI_SHOTS=${UI_SHOTS:-${BUILDDIR:-build}/ui-shots}
node "$here/run.mjs" "$@" || rv=1
exit $rv
