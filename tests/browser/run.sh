#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: run.sh
# Debian's Chromium with today's js-libp2p in a page, and our node, P2P_BIN,
# over ws and wss. js-libp2p, a bundler and Playwright come from npm into the
# user's cache, pinned. What cannot be had is a line `skip`.
set -eu -o pipefail
here=$(dirname "$(readlink -f "$0")")

skip() {
    echo "skip the page in a browser: $1"
    exit 0
}

for tool in node npm openssl; do
    command -v $tool > /dev/null || skip "there is no $tool"
done
export CHROMIUM=${CHROMIUM:-$(command -v chromium || true)}
[ -n "$CHROMIUM" ] || skip "there is no chromium"
BROWSER_MODULES=$("$here/../ui/packages.sh" "$here") ||
    skip "its packages cannot be had"
export BROWSER_MODULES
page=$(mktemp --suffix=.js)
trap 'rm -f "$page"' EXIT
export NODE_PATH=$BROWSER_MODULES/node_modules
"$NODE_PATH/.bin/esbuild" "$here/page.mjs" --bundle --format=esm \
    --target=chrome120 --log-level=warning --outfile="$page"
node "$here/run.mjs" "$page"
