#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# build.sh PEER [CACHE_DIR]: builds or installs one test peer from its pinned
# sources and prints the path of its executable on the last line. The cache is
# keyed by a hash of the sources, the lock file and the recipe, so a second
# run only looks; with PEER_NO_BUILD set, every run does. With PEERS_RELEASE=1
# rust is optimised, which the bench wants and takes long. Exits 77 with a
# sentence if the tool chain is missing, 1 with the end of the log if the build
# fails.
set -euo pipefail

{ # Read whole before it runs: the file may change during a long build.

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
# The newest that a package of Cargo.lock asks for.
need_cargo() {
    local least=1.89 have where="Debian 12: cargo-web; or https://rustup.rs"
    need cargo "$where"
    have=$(cargo --version | cut -d' ' -f2)
    [ "$(printf '%s\n' $least "$have" | sort -V | head -1)" = $least ] ||
        skip "cargo $have is too old, it wants $least ($where)"
}

case $peer in
go) sources=(go) build=build_go ;;
js | js2021) sources=("$peer" js-common) build=build_node ;;
rust) sources=(rust) build=build_rust ;;
py) sources=(py) build=build_py ;;
*)
    echo "unknown peer: $peer (go, js, js2021, py, rust)" >&2
    exit 2
    ;;
esac

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

build_py() {
    /usr/bin/python3 -m pip install --require-hashes --no-deps \
        --disable-pip-version-check --root-user-action=ignore --quiet \
        --target "$1/lib" -r "$1/py/requirements.txt"
    cat >"$1/peer" <<EOF
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
PYTHONPATH=\$here/lib exec /usr/bin/python3 "\$here/py/main.py" "\$@"
EOF
    chmod +x "$1/peer"
}

build_rust() {
    # Outside of the version's folder, so that an interrupted build goes on.
    local target=${CARGO_TARGET_DIR:-$cache/rust-target}
    cd "$1/rust"
    CARGO_TARGET_DIR=$target cargo build --profile "$profile" --locked -j 2
    cp "$target/$profile/unitmesh-test-peer" "$1/peer"
    rm -rf "$1/rust"
    [ -n "${CARGO_TARGET_DIR:-}" ] || rm -rf "$target"
}

profile=tests
[ -z "${PEERS_RELEASE:-}" ] || profile=release

cd "$here"
key=$({
    declare -f "$build"
    [ "$peer" != rust ] || echo "$profile"
    find "${sources[@]}" -type f -not -path '*/node_modules/*' \
        -not -path '*/target/*' -not -name '*.pyc' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
} | sha256sum | cut -c1-16)
dir=$cache/$peer-$key
if [ -x "$dir/peer" ]; then
    touch "$dir"
    echo "$dir/peer"
    exit 0
fi

[ -z "${PEER_NO_BUILD:-}" ] || skip "not in the cache; $0 $peer builds it"

case $peer in
go) need go "a release since 1.21 fetches the one that go.mod names" ;;
js | js2021)
    need node "it runs npm"
    need npm "it fetches the packages"
    ;;
py)
    [ "$(/usr/bin/python3 -c 'import sys; print(sys.version_info[:2])' \
        2>&1)" = "(3, 11)" ] || skip "its packages are pinned for python3.11"
    /usr/bin/python3 -m pip --version >/dev/null 2>&1 ||
        skip "pip is not installed (python3-pip)"
    ;;
rust) need_cargo ;;
esac

mkdir -p "$cache"
exec 9>"$cache/$peer.lock"
flock 9
if [ -x "$dir/peer" ]; then
    echo "$dir/peer"
    exit 0
fi

# Of old versions the three stay that were asked for last.
versions=$(find "$cache" -maxdepth 1 -name "$peer-????????????????" \
    -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
tail -n +4 <<<"$versions" | xargs -r -d '\n' rm -rf

# Built in its final place, because scripts keep absolute paths, and with new
# times, because cargo compares those with its last build. The wrapper, whose
# presence means success, is the last thing that each recipe makes.
rm -rf "$dir"
mkdir -p "$dir"
for s in "${sources[@]}"; do
    tar -C "$here" --exclude=node_modules --exclude=target \
        --exclude=__pycache__ -cf - "$s" | tar -C "$dir" -xmf -
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
}
