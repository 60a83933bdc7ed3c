# SPDX-License-Identifier: MIT OR Apache-2.0
# The Debian packages: built of the archive of the source, offline, looked at by
# lintian; then in a fresh chroot of this machine's Debian installed, used,
# purged, after which nothing is left.
# Once more in a container that systemd boots, with the units as they are.
# budget: 240
# timeout: 600
. .ci/chroot.sh
for tool in dpkg-buildpackage dh lintian; do
    command -v $tool > /dev/null || missing=1
done
[ -z "${missing-}" ] || { [ "$(id -u)" = 0 ] && apt-get install -y -q \
    --no-install-recommends dpkg-dev debhelper fakeroot lintian; } ||
    skip "Debian packages: no dpkg-buildpackage, debhelper or lintian here"

# From the archive of the source, without a network.
archive() {
    meson setup "$CI_LOGS/dist" -Dtests=false > /dev/null &&
        meson dist -C "$CI_LOGS/dist" --no-tests --formats gztar \
            --allow-dirty > /dev/null &&
        mkdir -p "$CI_LOGS/archive" &&
        tar -xzf "$CI_LOGS"/dist/meson-dist/*.tar.gz --strip-components=1 \
            -C "$CI_LOGS/archive" &&
        test -f "$CI_LOGS/archive/third_party/yyjson/yyjson.c"
}

check "an archive of the source is made" archive
DEB_BUILD_OPTIONS=noautodbgsym check "packages are built of it, offline" \
    env HOME=/nonexistent XDG_CACHE_HOME="$PWD/$CI_LOGS/nothing" \
    unshare --net "$CI_LOGS/archive/packaging/deb.sh" "$CI_LOGS/deb"
[ $f -eq 0 ] || end 0
# Whoever publishes them puts a name with an address into the changelog.
check "lintian has no errors" lintian --allow-root --fail-on error \
    --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog \
    "$CI_LOGS"/deb/*.changes
. /etc/os-release
[ "${ID-}" = debian ] && [ -n "${VERSION_CODENAME-}" ] || {
    echo "skipped: packages are not installed: this is no Debian"
    end 1
}

# What the packages depend on, and a compiler, stand in the chroot already.
packages() {
    awk '$1 == "build" && $2 ~ /^(lib|gcc|pkg-config)/ { printf "%s,", $2 }' \
        tools/deps.txt
    echo adduser,dbus,systemd,systemd-sysv
}

chroot_make "deb-$VERSION_CODENAME" "$VERSION_CODENAME" "$(packages)"
rm -rf "$root/deb"
mkdir "$root/deb"
cp "$CI_LOGS"/deb/*.deb "$CI_LOGS"/deb/source/obj-*/mesh/unit-standin \
    tests/install/*.c tests/install/*.sh "$root/deb"
# apart WHAT COMMAND: in a name space of its own, where all of the chroot may be
# written to, and is as before afterwards. COMMAND has its folder as $1.
apart() {
    local top rv=0
    top=$(mktemp -d)
    unshare --mount --net --pid --fork --mount-proc bash -c 'top=$1
        mount -t tmpfs tmpfs "$top" && mkdir "$top/up" "$top/work" "$top/all" &&
        mount -t overlay overlay \
            -o "lowerdir=$2,upperdir=$top/up,workdir=$top/work" "$top/all" &&
        . .ci/lan.sh && eval "$3"' - "$top" "$root" \
        'all=$top/all; '"$2" > "$CI_LOGS/deb-$1.txt" 2>&1 || rv=$?
    rmdir "$top"
    cat "$CI_LOGS/deb-$1.txt"
    p=$((p + $(grep -c '^ok ' "$CI_LOGS/deb-$1.txt")))
    f=$((f + $(grep -c '^FAIL ' "$CI_LOGS/deb-$1.txt")))
    return $rv
}

apart chroot 'mount -t proc proc "$all/proc" &&
    mount --bind /dev "$all/dev" && chroot "$all" sh /deb/packages.sh' ||
    [ $f -gt 0 ] || f=1

# And with systemd as process 1.
command -v systemd-nspawn > /dev/null ||
    apt-get install -y -q --no-install-recommends systemd-container
apart booted 'chroot "$all" sh -c "dpkg -i /deb/*.deb" &&
    cp tests/install/booted.service "$all/etc/systemd/system/" &&
    chroot "$all" systemctl enable booted &&
    timeout 90 systemd-nspawn -q -D "$all" --register=no --keep-unit \
        --private-network --console=pipe --boot --system-call-filter="\
        landlock_create_ruleset landlock_add_rule landlock_restrict_self"
    cat "$all/booted.txt"' || {
    echo "skipped: the units under systemd: no container of it boots here"
    end 1
}
# It may have stood still before its last line.
grep -q '^ok and no service is left' "$CI_LOGS/deb-booted.txt" ||
    f=$((f + 1))
end 0
