#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# In a chroot, as root: installs the packages of /deb, uses them, purges them.
set -u
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
failed=0

check() {
    what=$1
    shift
    if "$@"; then
        echo "ok $what"
    else
        echo "FAIL $what"
        failed=1
    fi
}

# Names of files, users and groups; but for notes of dpkg, of what is a cache,
# and of who changed the lists of users before.
whats_there() {
    find / -xdev \( -path /proc -o -path /dev -o -path /tmp -o -path /deb \
        -o -path /run/adduser -o -path /var/lib/dpkg -o -path /var/log \
        -o -path /var/cache \) \
        -prune -o ! -name '*-' ! -name ld.so.cache -print | sort
    cut -d: -f1-4 /etc/passwd /etc/group
}

# Compressed links, and none that leads nowhere.
manual_pages() {
    for name in $(sed -n 's/^P2P_API.*[ *]\(p2p_[a-z0-9_]*\)(.*/\1/p' \
        /usr/include/p2p/*.h); do
        test -s "/usr/share/man/man3/$name.3.gz" ||
            { echo "$name: no manual page"; return 1; }
    done
}

# compile SOURCE PACKAGES [FLAG]: with nothing but what pkg-config says.
compile() {
    cc -Wall -Wextra -Werror ${3-} "$1" -o /tmp/probe \
        $(pkg-config --cflags --libs $2) && /tmp/probe
}

# The packages that are to be, no more and no less.
all_there() {
    set -- libp2p-dev libp2p-portmap0 libp2p-quic0 libp2p-tls0 libp2p-tools \
        libp2p-ws0 libp2p0 unitmesh
    dpkg -s "$@" > /dev/null && [ "$(ls /deb/*.deb | wc -l)" = $# ]
}

# The two services as the package has them, without a Unit and other nodes.
use() {
    mkfifo /tmp/applier /tmp/daemon
    mkdir /run/unitmesh
    chown unitmesh:unitmesh /run/unitmesh
    unitmesh applier --applier /run/unitmesh-applier.sock --unit none \
        2> /tmp/applier &
    sed '/waits for a daemon of unitmesh/q' /tmp/applier
    setpriv --reuid=unitmesh --regid=unitmesh --clear-groups unitmesh run \
        --applier /run/unitmesh-applier.sock --state /var/lib/unitmesh \
        --control /run/unitmesh/control.sock --no-mdns 2> /tmp/daemon &
    sed '/REST is at/q' /tmp/daemon && unitmesh status &&
        stat -c '%A %U %G' /run/unitmesh/control.sock |
        grep '^srw-rw---- unitmesh unitmesh$' &&
        stat -c '%a %U %G' /var/lib/unitmesh | grep '^1770 root unitmesh$' &&
        kill $! && wait $! && wait && rm /run/unitmesh-applier.sock
}

whats_there > /tmp/before
check "packages are installed" dpkg -i /deb/*.deb || exit 1
check "their programs start" unitmesh --version
check "and p2p" p2p version
check "there is a user" id unitmesh
for file in lib/systemd/system/unitmesh.service \
    lib/systemd/system/unitmesh-applier.service \
    lib/systemd/system/unitmesh-applier.socket \
    share/man/man8/unitmesh.8.gz share/man/man1/p2p.1.gz \
    share/man/man1/unitmesh-put.1.gz \
    share/bash-completion/completions/unitmesh \
    share/zsh/vendor-completions/_unitmesh \
    share/fish/vendor_completions.d/unitmesh.fish; do
    check "there is $file" test -e "/usr/$file"
done
check "each function has its manual page" manual_pages
check "a program is built against libp2p-dev" compile /deb/probe.c p2p
for part in tls quic ws portmap; do
    check "and against p2p-$part" compile /deb/probe_part.c \
        "p2p-$part p2p" -DPART_$part
done
/deb/examples.sh /usr/share/doc/libp2p-dev/examples lan || failed=1
check "the daemon runs" use
check "each of them was there" all_there
check "they are purged" dpkg --purge unitmesh libp2p-tools \
    libp2p-dev libp2p-portmap0 libp2p-quic0 libp2p-tls0 libp2p-ws0 libp2p0
whats_there > /tmp/after
check "nothing is left" diff /tmp/before /tmp/after
exit $failed
