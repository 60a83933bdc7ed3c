# SPDX-License-Identifier: MIT OR Apache-2.0
# Debian 13 in a chroot that is kept in the user's cache: build and unit tests
# with its newer compilers and libraries.
# may-fail
# budget: 420
# timeout: 900
root=${XDG_CACHE_HOME:-$HOME/.cache}/unitmesh/trixie

skip() {
    echo "skipped: Debian 13: $1"
    echo "counts: 0 0 1"
    exit 0
}

packages() {
    awk '$1 == "build" && $2 !~ /pip$/ { printf "%s,", $2 }' tools/deps.txt
    echo libcmocka-dev,libyyjson-dev
}

[ "$(id -u)" = 0 ] || skip "needs root"
command -v debootstrap > /dev/null ||
    apt-get install -y -q --no-install-recommends debootstrap ||
    skip "no debootstrap"
if [ ! -e "$root.ready" ] || [ "$(cat "$root.ready")" != "$(packages)" ]; then
    rm -rf "$root" "$root.ready"
    debootstrap --variant=minbase --include="$(packages)" trixie "$root" ||
        skip "debootstrap failed"
    rm -f "$root"/var/cache/apt/archives/*.deb
    packages > "$root.ready"
fi
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
