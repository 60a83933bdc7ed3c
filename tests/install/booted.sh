#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# In a container that systemd has booted with the packages: the units as they
# are, beside a stand-in where Unit's socket is. Writes /booted.txt, and ends
# the container.
exec > /booted.txt 2>&1

check() {
    local what=$1
    shift
    if "$@"; then echo "ok $what"; else echo "FAIL $what"; fi
}

# Looks until it is so, 20 s at most.
until_so() {
    for _ in {1..100}; do
        "$@" && return
        read -r -t 0.2 < /fifo
    done
    return 1
}

both_run() {
    systemctl -q is-active unitmesh && systemctl -q is-active unitmesh-applier
}

capabilities() {
    sed -n 's/^CapPrm:\t//p' \
        "/proc/$(systemctl show -p MainPID --value "$1")/status"
}

confined() {
    unitmesh status
    unitmesh status | grep 'user unitmesh .*no capabilities.*, seccomp$' &&
        [ "$(capabilities unitmesh)" = 0000000000000000 ] &&
        [ "$(capabilities unitmesh-applier)" = 0000000000000002 ]
}

begun_again() {
    [ "$(systemctl show -p NRestarts --value unitmesh)" -gt 0 ] && both_run
}

gone() {
    ! systemctl -q is-active unitmesh unitmesh-applier \
        unitmesh-applier.socket && ! ls -d /run/unitmesh* /var/lib/unitmesh
}

mkfifo /fifo
exec 3<> /fifo
check "systemd hears that the daemon serves" systemctl start unitmesh
check "both services run" both_run
check "they have no rights but those of the page" confined
# As unitd leaves its socket: root's alone.
(umask 077 && exec /deb/unit-standin --control unix:/run/control.unit.sock \
    --state /unit --quiet) &
check "Unit's socket is there" until_so test -S /run/control.unit.sock
check "a mesh is begun" until_so unitmesh init --name shop
check "the daemon is started again" systemctl restart unitmesh
check "with its applier" both_run
check "and is still in its mesh" sh -c "unitmesh status | grep 'mesh *shop'"
systemctl kill -s KILL unitmesh-applier
check "without its applier it ends, and both begin again" until_so begun_again
journalctl --no-pager -q -u unitmesh -u unitmesh-applier
check "the packages are purged" dpkg --purge unitmesh libp2p-dev libp2p0
check "and no service is left" gone
poweroff
