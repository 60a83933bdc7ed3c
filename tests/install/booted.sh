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

# What the journal has of a line: FIELD=VALUE, and a pattern of its text.
line_has() {
    journalctl -q -o cat -t unitmesh "$1" | grep "$2"
}

# asked TOKEN STATUS: what GET /mesh/status says over TCP.
asked() {
    local answer
    exec 4<> /dev/tcp/127.0.0.1/4902
    printf 'GET /mesh/status HTTP/1.0\r\nHost: 127.0.0.1\r\n%s\r\n\r\n' \
        "Authorization: Bearer $1" >&4
    read -r answer <&4
    exec 4>&-
    [[ $answer = *" $2 "* ]]
}

gone() {
    ! systemctl -q is-active unitmesh unitmesh-applier \
        unitmesh-applier.socket && ! ls -d /run/unitmesh* /var/lib/unitmesh
}

mkfifo /fifo
exec 3<> /fifo
echo "log-level = debug" >> /etc/unitmesh/unitmesh.conf
check "its settings hold" unitmesh config check
check "systemd hears that the daemon serves" systemctl start unitmesh
check "the services read them" sh -c \
    "unitmesh log-level | grep 'the settings say debug'"
check "lines in the journal have fields" until_so line_has \
    "UNITMESH_NODE=$(hostname)" "REST is at"
check "both services run" both_run
check "they have no rights but those of the page" confined
# As unitd leaves its socket: root's alone.
(umask 077 && exec /deb/unit-standin --control unix:/run/control.unit.sock \
    --state /unit --quiet) &
check "Unit's socket is there" until_so test -S /run/control.unit.sock
check "a mesh is begun" until_so unitmesh init --name shop
check "the audit says who" until_so line_has AUDIT=accepted \
    "POST /mesh/init by uid 0, process "
check "the daemon is started again" systemctl restart unitmesh
check "with its applier" both_run
check "and is still in its mesh" sh -c "unitmesh status | grep 'mesh *shop'"
# A token that root alone can read, handed over as a credential.
(umask 077 && printf '%064d\n' 7 > /etc/unitmesh/read.token)
mkdir /etc/systemd/system/unitmesh.service.d
cat > /etc/systemd/system/unitmesh.service.d/token.conf << 'EOF'
[Service]
LoadCredential=read.token:/etc/unitmesh/read.token
Environment=UNITMESH_READ_TOKEN=%d/read.token
EOF
systemctl daemon-reload
check "a credential is taken" systemctl restart unitmesh
check "its token reads" asked "$(printf %064d 7)" 200
check "another one does not" asked "$(printf %064d 8)" 401
systemctl kill -s KILL unitmesh-applier
check "without its applier it ends, and both begin again" until_so begun_again
journalctl --no-pager -q -u unitmesh -u unitmesh-applier
rm -r /etc/systemd/system/unitmesh.service.d /etc/unitmesh/read.token
check "the packages are purged" dpkg --purge unitmesh \
    libp2p-tools libp2p-dev libp2p-portmap0 libp2p-quic0 libp2p-tls0 \
    libp2p-ws0 libp2p0
check "and no service is left" gone
poweroff
