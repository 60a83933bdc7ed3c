# SPDX-License-Identifier: MIT OR Apache-2.0
# Debian 13 in a chroot that is kept in the user's cache: build and unit tests
# with its newer compilers and libraries, ngtcp2 1 among them.
# budget: 420
# timeout: 900
. .ci/chroot.sh

packages() {
    awk '$1 == "build" && $2 !~ /pip$/ { printf "%s,", $2 }' tools/deps.txt
    echo libyyjson-dev
}

chroot_make trixie trixie "$(packages)"
rm -rf "$root/src"
mkdir "$root/src"
git archive HEAD | tar -x -C "$root/src"
rv=0
# A program that starts itself once more finds itself in /proc.
unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' - \
    "$root" sh -c 'cd /src && meson setup build -Dwerror=true &&
    ninja -C build && meson test -C build --suite unit --print-errorlogs' ||
    rv=$?
[ ! -e "$root/src/build/meson-logs/testlog.json" ] ||
    .ci/count.py meson "$root/src/build"
exit $rv
