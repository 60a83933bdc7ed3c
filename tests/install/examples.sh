#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: examples.sh SOURCES [lan]
# The examples in the folder SOURCES: compiled with what pkg-config says of the
# installed library (LIBS: with these flags instead), and used. With lan there
# is a network that multicast works on: two people chat. A line for each, which
# begins with ok, FAIL or skipped.
set -u
sources=$1
work=$(mktemp -d)
started=()

clean() {
    [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2> /dev/null
    rm -rf "$work"
}
trap clean EXIT
rv=0

say() {
    if [ "$1" = 0 ]; then echo "ok $2"; else echo "FAIL $2"; rv=1; fi
}

compile() {
    # shellcheck disable=SC2046,SC2086
    gcc -std=c11 -Wall -Wextra -Werror -D_DEFAULT_SOURCE "$sources/$1.c" \
        -o "$work/$1" $(pkg-config --cflags p2p) \
        ${LIBS:-$(pkg-config --libs p2p)} -pthread
}

# begin NAME WORDS…: runs it with a pipe as standard input, which $in writes to,
# and one that $out reads from.
begin() {
    local name=$1
    shift
    rm -f "$work/in" "$work/out"
    mkfifo "$work/in" "$work/out"
    "$work/$name" "$@" < "$work/in" > "$work/out" 2>> "$work/errors" &
    started+=($!)
    exec {in}> "$work/in" {out}< "$work/out"
}

# heard PATTERN: reads lines until one matches; 20 s at most for each.
heard() {
    while read -r -t 20 line <&"$out"; do
        # shellcheck disable=SC2053
        [[ $line != $1 ]] || return 0
    done
    cat "$work/errors"
    return 1
}

echo_works() {
    begin echo
    heard '/ip4/127.0.0.1/tcp/*/p2p/*' || return
    address=$line
    [ "$(timeout 20 "$work/echo" "$address" "good day")" = "good day" ]
}

# Beside the descriptor of the loop there is standard input in that epoll.
epoll_works() {
    [ -n "${address-}" ] || return
    begin epoll "$address"
    for _ in 1 2; do
        echo >&"$in"
        heard '*[0-9] ms' || return
    done
    exec {in}>&-
    wait "${started[-1]}"
}

from_go_works() {
    timeout 20 "$work/from_go" | grep -qx 'message: good morning'
}

# Whoever is there later is found, hears, and leaves.
chat_works() {
    local in1 out1 leaver
    begin chat tea
    in1=$in out1=$out
    begin chat tea
    leaver=${started[-1]}
    heard '* is here' || return
    local out2=$out
    out=$out1
    heard '* is here' || return
    # Until it has told that it is subscribed nothing comes through.
    for _ in {1..50}; do
        echo "one lump" >&"$in1"
        read -r -t 0.4 line <&"$out2" && break
    done
    [[ ${line-} = *": one lump" ]] || return
    exec {in}>&-
    wait "$leaver" || return
    heard '* left'
}

programs=(echo epoll from_go)
if [ "${2-}" = lan ]; then
    programs+=(chat)
else
    echo "skipped: examples/chat: no network of its own here"
fi
for name in "${programs[@]}"; do
    if compile "$name"; then
        "${name}_works"
        say $? "examples/$name.c"
    else
        say 1 "examples/$name.c is compiled"
    fi
done
exit $rv
