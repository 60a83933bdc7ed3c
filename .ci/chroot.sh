# SPDX-License-Identifier: MIT OR Apache-2.0
# For lanes: a Debian in a chroot, which is kept in the user's cache.

# A lane that cannot be: says why, in words, and ends.
skip() {
    echo "skipped: $1"
    echo "counts: 0 0 1"
    exit 0
}

# What a lane has looked at: check WHAT COMMAND…, and at its end `end SKIPPED`.
p=0 f=0

check() {
    local what=$1
    shift
    if "$@"; then
        echo "ok $what"; p=$((p + 1))
    else
        echo "FAIL $what"; f=$((f + 1))
    fi
}

end() {
    echo "counts: $p $f $1"
    [ $f -eq 0 ]
    exit
}

# chroot_make NAME SUITE PACKAGES: a release of Debian with packages (a,b,c),
# made once, and again when they are others. Sets root; where that cannot be the
# lane is skipped.
chroot_make() {
    root=${XDG_CACHE_HOME:-$HOME/.cache}/unitmesh/$1
    [ "$(id -u)" = 0 ] || skip "Debian $2 in a chroot needs root"
    command -v debootstrap > /dev/null ||
        apt-get install -y -q --no-install-recommends debootstrap ||
        skip "Debian $2 in a chroot: no debootstrap"
    if [ ! -e "$root.ready" ] || [ "$(cat "$root.ready")" != "$3" ]; then
        rm -rf "$root" "$root.ready"
        debootstrap --variant=minbase --include="$3" "$2" "$root" ||
            skip "Debian $2 in a chroot: debootstrap failed"
        rm -f "$root"/var/cache/apt/archives/*.deb
        echo "$3" > "$root.ready"
    fi
}
