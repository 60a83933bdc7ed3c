#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: bindings.sh SOURCES
# The programs of SOURCES, examples/bindings: each language whose tool chain is
# there, against the installed library that pkg-config knows. No network. A
# line for each, which begins with ok, FAIL or skipped.
set -u
sources=$(readlink -f "$1")
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
rv=0

# said LANGUAGE COMMAND…: what it prints is the greeting that came back.
said() {
    local language=$1
    shift
    if [ "$(timeout 120 "$@")" = "hello from $language" ]; then
        echo "ok examples/bindings: $language"
    else
        echo "FAIL examples/bindings: $language"
        rv=1
    fi
}

python=/usr/bin/python3
[ -x $python ] || python=python3
if $python -c 'import cffi' 2> /dev/null; then
    said Python $python -B "$sources/python/echo.py"
else
    echo "skipped: examples/bindings: Python: no cffi here"
fi
if command -v cargo > /dev/null; then
    export CARGO_TARGET_DIR=$work/rust
    said Rust cargo run --offline --locked --quiet \
        --manifest-path "$sources/rust/Cargo.toml" --example echo
else
    echo "skipped: examples/bindings: Rust: no cargo here"
fi
if command -v go > /dev/null; then
    export GOCACHE=$work/go GOFLAGS=-mod=mod GOTOOLCHAIN=local
    cd "$sources/go"
    said Go go run .
else
    echo "skipped: examples/bindings: Go: no go here"
fi
exit $rv
