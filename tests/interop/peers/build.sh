#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# build.sh PEER [CACHE_DIR]: builds or installs one test peer from its pinned
# sources and prints the path of its executable on the last line. The cache is
# keyed by a hash of the sources, the lock file and this script, so a second
# run only looks. Exits 77 with a sentence if the tool chain is missing, 1
# with the end of the log if the build fails.
set -euo pipefail

peer=${1:?usage: build.sh PEER [CACHE_DIR]}
cache=${2:-${XDG_CACHE_HOME:-$HOME/.cache}/unitmesh/peers}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

skip() {
    echo "$peer: $*" >&2
    exit 77
}
need() {
    command -v "$1" >/dev/null || skip "$1 is not installed ($2)"
}

case $peer in
go) sources=(go) ;;
js | js2021) sources=("$peer" js-common) ;;
rust) sources=(rust) ;;
python) sources=(python) ;;
*)
    echo "unknown peer: $peer (go, js, js2021, rust, python)" >&2
    exit 2
    ;;
esac

cd "$here"
key=$(find "${sources[@]}" build.sh -type f \
    -not -path '*/node_modules/*' -not -path '*/target/*' \
    -not -name '*.pyc' -print0 | LC_ALL=C sort -z |
    xargs -0 sha256sum | sha256sum | cut -c1-16)
dir=$cache/$peer-$key
if [ -x "$dir/peer" ]; then
    touch "$dir"
    echo "$dir/peer"
    exit 0
fi

build_go() {
    cd "$1/go"
    go build -trimpath -p 2 -o "$1/peer" .
    rm -rf "$1/go"
}

build_node() {
    cd "$1/$peer"
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    "$1/$peer/node_modules/.bin/node" --version
    cat >"$1/peer" <<EOF
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
exec "\$here/$peer/node_modules/.bin/node" \
    "\$here/$peer/\${PEER_MAIN:-main.mjs}" "\$@"
EOF
    chmod +x "$1/peer"
}

build_rust() {
    cd "$1/rust"
    CARGO_TARGET_DIR=$1/target cargo build --release --locked -j 2
    mv "$1/target/release/unitmesh-test-peer" "$1/peer"
    rm -rf "$1/target" "$1/rust"
}

build_python() {
    python3 -m venv "$1/venv"
    "$1/venv/bin/pip" install -q --disable-pip-version-check --no-deps \
        --require-hashes -r "$1/python/requirements.txt"
    cat >"$1/peer" <<EOF
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
exec "\$here/venv/bin/python" "\$here/python/main.py" "\$@"
EOF
    chmod +x "$1/peer"
}

case $peer in
go)
    need go "any release since 1.21 fetches the one that go.mod names"
    build=build_go
    ;;
js | js2021)
    need node "it runs npm"
    need npm "it fetches the packages"
    build=build_node
    ;;
rust)
    need cargo "see https://rustup.rs"
    build=build_rust
    ;;
python)
    need python3 "with venv"
    build=build_python
    ;;
esac

mkdir -p "$cache"
exec 9>"$cache/$peer.lock"
flock 9
if [ -x "$dir/peer" ]; then
    echo "$dir/peer"
    exit 0
fi

# Old versions go when nobody has asked for them in a fortnight.
find "$cache" -maxdepth 1 -name "$peer-*" -mtime +14 -exec rm -rf {} +

# Built in its final place, because scripts keep absolute paths; the wrapper,
# whose presence means success, is the last thing that each recipe makes.
rm -rf "$dir"
mkdir -p "$dir"
for s in "${sources[@]}"; do
    tar -C "$here" --exclude=node_modules --exclude=target \
        --exclude=__pycache__ -cf - "$s" | tar -C "$dir" -xf -
done
log=$cache/$peer-build.log
echo "$peer: building in $dir (log: $log)" >&2
# In the background, because the shell forgets -e inside a condition.
(set -e && $build "$dir") >"$log" 2>&1 &
if wait $! && [ -x "$dir/peer" ]; then
    echo "$dir/peer"
    exit 0
fi
rm -rf "$dir"
if [ "$peer" = go ] && grep -q 'requires go >=' "$log"; then
    skip "$(grep -m1 'requires go >=' "$log")"
fi
echo "$peer: the build failed; the end of $log:" >&2
tail -n 30 "$log" >&2
exit 1
