#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: fuzz.sh [all|slice|ledger|NAME] [SECONDS]
#        fuzz.sh keep [NAME…]
# Builds the libFuzzer targets of tests/fuzz and runs all of them, today's
# slice (FUZZ_SLICE targets, 4 by default, in turn by day), or one. Two run at
# a time. FUZZ_TIMEOUT: seconds that an input may take, 10 by default; more
# where others have the processor first. What they learn stays in the user's
# cache; findings are written to build-fuzz/findings, and any makes this fail.
# `ledger` sums up all runs; `keep` packs the inputs that matter into
# tests/fuzz/learnt, from where another machine begins.
set -eu
cd "$(dirname "$(readlink -f "$0")")/.."
what=${1:-all}
seconds=${2:-60}
build=build-fuzz
export learnt=${XDG_CACHE_HOME:-$HOME/.cache}/unitmesh/fuzz

mapfile -t targets < <(ls tests/fuzz/fuzz_*.c |
    sed 's|.*/fuzz_\(.*\)\.c|\1|' | sort)

if [ "$what" = ledger ]; then
    awk '{ n[$1] += $2; s[$1] += $3 }
        END { for (t in n) printf "%-20s %14d runs %9.2f CPU hours\n",
            t, n[t], s[t] / 3600 }' "$learnt/ledger" | sort
    exit
fi

slice() {
    local n=${#targets[@]} size=${FUZZ_SLICE:-4}
    local first=$(($(date +%s) / 86400 * size % n))
    for ((i = 0; i < size && i < n; i++)); do
        echo "${targets[(first + i) % n]}"
    done
}

case $what in
    all) chosen=("${targets[@]}") ;;
    keep)
        chosen=("${@:2}")
        [ $# -gt 1 ] || chosen=("${targets[@]}")
        ;;
    slice) mapfile -t chosen < <(slice) ;;
    *) chosen=("$what") ;;
esac

if [ ! -f $build/build.ninja ]; then
    CC=clang meson setup $build -Dfuzz=true -Dwerror=true \
        -Db_sanitize=address,undefined -Db_lundef=false \
        -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-recover=all' \
        > /dev/null
fi
ninja -C $build "${chosen[@]/#/tests/fuzz/fuzz_}" > $build/ninja.log || {
    tail -40 $build/ninja.log
    exit 1
}

# What was kept of a target, into a cache that knows nothing of it yet.
unpack() {
    local kept=tests/fuzz/learnt/$1.tar.gz
    [ ! -e "$kept" ] || [ -n "$(ls -A "$learnt/$1")" ] ||
        tar -xzf "$kept" -C "$learnt/$1"
}
export -f unpack

# How long an input of a target may be, if it says so.
max_len() {
    sed -n 's/^#define INPUT_MAX \([0-9]*\)$/-max_len=\1/p' \
        "tests/fuzz/fuzz_$1.c"
}
export -f max_len

# The fewest inputs that reach all that the learnt ones reach.
keep() {
    local few len
    few=$(mktemp -d)
    mapfile -t len < <(max_len "$1")
    nice "$2/tests/fuzz/fuzz_$1" -merge=1 -rss_limit_mb=2048 "${len[@]}" \
        "$few" "$learnt/$1" "tests/fuzz/corpus/$1" > "$2/keep-$1.log" 2>&1
    mkdir -p tests/fuzz/learnt
    tar -C "$few" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
        -cf - . | gzip -9n > "tests/fuzz/learnt/$1.tar.gz"
    echo "kept $1: $(ls "$few" | wc -l) inputs"
    rm -rf "$few"
}
export -f keep

# What of a log tells of a finding: the input, too, and the frames of ours.
export telling='ERROR|SUMMARY|Test unit written|^Base64'
telling+='|^ *#[0-9]+ .* in (must|LLVM|um_|p2p_)'

# Long stacks of each allocation, and much freed memory that is kept from use,
# take a third of the time. Who looks into a finding plays it with all of them.
export ASAN_OPTIONS=${ASAN_OPTIONS:-malloc_context_size=5:quarantine_size_mb=16}

# One target; a line with what it did. Its log ends with libFuzzer's stats.
one() {
    local t=$1 log=$2/fuzz-$1.log rv=0 runs cpu dict=() len TIMEFORMAT=%U
    mkdir -p "$learnt/$t" "$2/findings"
    unpack "$t"
    [ -f "tests/fuzz/$t.dict" ] && dict=("-dict=tests/fuzz/$t.dict")
    mapfile -t len < <(max_len "$t")
    { time nice "$2/tests/fuzz/fuzz_$t" -max_total_time="$3" \
        -timeout="${FUZZ_TIMEOUT:-10}" -rss_limit_mb=2048 \
        -print_final_stats=1 "${dict[@]}" "${len[@]}" \
        -artifact_prefix="$2/findings/$t-" \
        "$learnt/$t" "tests/fuzz/corpus/$t" > "$log" 2>&1 || rv=$?
    } 2> "$log.cpu"
    cpu=$(cat "$log.cpu")
    runs=$(awk '/number_of_executed_units/ { print $2 }' "$log")
    echo "$t ${runs:-0} $cpu $(git rev-parse --short HEAD)" >> "$learnt/ledger"
    if [ $rv -ne 0 ]; then
        echo "FAIL fuzz/$t after ${runs:-?} runs: see $log"
        grep -E "$telling" "$log" | head -20
        return 1
    fi
    echo "ok   fuzz/$t ${runs:-0} runs in $3 s"
}
export -f one
mkdir -p "$learnt"
if [ "$what" = keep ]; then
    for t in "${chosen[@]}"; do
        mkdir -p "$learnt/$t"
        keep "$t" $build
    done
    exit
fi
printf '%s\n' "${chosen[@]}" |
    xargs -P "${FUZZ_JOBS:-2}" -I{} bash -c "one {} $build $seconds"
