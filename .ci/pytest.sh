#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: .ci/pytest.sh TARGET [VAR=VALUE…]
# Runs make TARGET, which is tests of pytest, several at once. Of those that
# fail up to five are tried again, one after another and with nothing beside
# them: who passes then is told as `flaky:` with what it said, and counts as
# passed. Output is in $CI_LOGS/TARGET.txt.
log=$CI_LOGS/$1.txt again=$CI_LOGS/$1-again.txt

failed() {
    grep -E '^(FAILED|ERROR) ' "$1"
}

run() {
    local out=$1 rv=0
    shift
    make "$@" > "$out" 2>&1 || rv=$?
    cat "$out"
    return $rv
}

counts() {
    .ci/count.py pytest "$1"
}

rv=0
run "$log" "$@" || rv=$?
sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /skipped: /p' "$log"
n=$(failed "$log" | wc -l)
if [ $rv -eq 0 ] || [ "$n" -eq 0 ] || [ "$n" -gt 5 ]; then
    counts "$log"
    exit $rv
fi
rv=0
# A few rows make no table.
run "$again" "$@" T=--lf INTEROP_TABLE= || rv=$?
if [ $rv -eq 0 ]; then
    failed "$log" | sed 's/^/flaky: /'
fi
read -r _ passed _ skipped < <(counts "$log")
read -r _ late bad _ < <(counts "$again")
echo "counts: $((passed + late)) $bad $skipped"
exit $rv
