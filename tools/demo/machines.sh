#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: machines.sh up | down
#        machines.sh NAME [COMMAND…]
#
# Three machines red, green and blue in one: each has a network card on one
# cable, a host name, /run and /var/lib of its own. `up` makes them, NAME alone
# opens a shell on one, `down` ends all that runs there and leaves nothing.
# Without root they are in a user namespace. MACHINES names another folder for
# what is known of them, BUILDDIR where the programs are. One word of COMMAND is
# for a shell, more are a program's own.
set -eu
names="red green blue"
own=${MACHINES:-${XDG_RUNTIME_DIR:-/tmp}/unitmesh-machines-$(id -u)}
build=$(realpath "${BUILDDIR:-$(dirname "$0")/../../build}")
as=()
[ "$(id -u)" = 0 ] || as=(--user --preserve-credentials)

fail() {
    echo "machines.sh: $*" >&2
    exit 1
}

# A folder of others could name any process: only our own is read.
ours() {
    [ ! -L "$own" ] && [ -O "$own" ] || fail "$own is not yours"
}

# In the namespaces of a holder: enter NAME COMMAND…
enter() {
    nsenter --target "$(cat "$own/$1")" "${as[@]}" --net --mount --uts --pid \
        --wd="$PWD" -- "${@:2}"
}

# A holder of namespaces writes its number, as it is outside, and waits.
# shellcheck disable=SC2016
holder='read -r pid rest </proc/self/stat; echo "$pid" >"$1.new"
    mv "$1.new" "$1"; exec sleep infinity'

hold() {
    setsid "${@:2}" unshare "${new[@]}" --net --mount --uts --pid --fork \
        sh -c "$holder" sh "$own/$1" </dev/null >"$own/$1.log" 2>&1 &
    new=()
    for _ in $(seq 100); do
        [ -s "$own/$1" ] && return
        kill -0 $! 2>/dev/null || break
        sleep 0.05
    done
    fail "no namespaces here: $(cat "$own/$1.log")"
}

# What a machine has that is its own; runs in it.
# shellcheck disable=SC2016
furnish='set -e; mount -t proc proc /proc 2>/dev/null || true
    mount -t tmpfs none /run; mount -t tmpfs none /var/lib
    cp /etc/hosts /run/hosts; cat "$3" >>/run/hosts
    mount --bind /run/hosts /etc/hosts; hostname "$1"
    ip link set lo up; ip address add "$2/24" dev eth0; ip link set eth0 up'

up() {
    [ ! -e "$own" ] || fail "they are there already: $own"
    mkdir -m 700 "$own"
    trap '[ $? = 0 ] || down' EXIT
    new=()
    [ "$(id -u)" = 0 ] || new=(--user --map-root-user)
    hold lan env
    local n=0 name
    for name in $names; do
        n=$((n + 1))
        echo "192.168.2.$n $name" >>"$own/hosts"
    done
    enter lan ip link add cable type bridge
    enter lan ip link set cable up
    n=0
    for name in $names; do
        n=$((n + 1))
        hold "$name" nsenter --target "$(cat "$own/lan")" "${as[@]}" --net \
            --mount --uts --pid --
        nsenter --target "$(cat "$own/lan")" "${as[@]}" --net --mount -- \
            ip link add "$name" type veth peer name eth0 \
            netns "$(cat "$own/$name")"
        enter lan ip link set "$name" master cable up
        enter "$name" sh -c "$furnish" sh "$name" "192.168.2.$n" "$own/hosts"
    done
}

down() {
    local pid name
    [ -e "$own" ] || return 0
    ours
    if [ -s "$own/lan" ]; then
        pid=$(cat "$own/lan")
        [ "$(cat "/proc/$pid/comm")" != sleep ] || kill -KILL "$pid"
    fi 2>/dev/null
    for name in lan $names; do
        rm -f "$own/$name" "$own/$name.log" "$own/$name.new"
    done
    rm -f "$own/hosts"
    rmdir "$own"
}

case ${1:-} in
up | down) "$1" ;;
red | green | blue)
    [ -s "$own/$1" ] || fail "there is no machine; machines.sh up makes them"
    ours
    path=$build/cli:$PATH
    if [ $# = 1 ]; then
        enter "$1" env PATH="$path" PS1="$1\$ " bash --norc
    elif [ $# = 2 ]; then
        enter "$1" env PATH="$path" bash -c "$2"
    else
        enter "$1" env PATH="$path" "${@:2}"
    fi
    ;;
*)
    sed -n '3,12s/^# \?//p' "$0"
    exit 2
    ;;
esac
