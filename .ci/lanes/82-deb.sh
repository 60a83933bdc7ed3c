# SPDX-License-Identifier: MIT OR Apache-2.0
# The Debian packages: built, looked at by lintian; then in a fresh chroot of
# this machine's Debian installed, used, purged, after which nothing is left.
# budget: 240
# timeout: 600
. .ci/chroot.sh
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

for tool in dpkg-buildpackage dh lintian; do
    command -v $tool > /dev/null || missing=1
done
[ -z "${missing-}" ] || { [ "$(id -u)" = 0 ] && apt-get install -y -q \
    --no-install-recommends dpkg-dev debhelper fakeroot lintian; } ||
    skip "Debian packages: no dpkg-buildpackage, debhelper or lintian here"

DEB_BUILD_OPTIONS=noautodbgsym check "packages are built" \
    make deb DEBDIR="$CI_LOGS/deb"
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
    echo adduser
}

chroot_make "deb-$VERSION_CODENAME" "$VERSION_CODENAME" "$(packages)"
rm -rf "$root/deb"
mkdir "$root/deb"
cp "$CI_LOGS"/deb/*.deb tests/install/*.c tests/install/packages.sh \
    "$root/deb"
# All that is written is gone with the name space.
top=$(mktemp -d)
unshare --mount --net --pid --fork sh -c 'top=$2 &&
    mount -t tmpfs tmpfs "$top" && mkdir "$top/up" "$top/work" "$top/all" &&
    mount -t overlay overlay \
        -o "lowerdir=$1,upperdir=$top/up,workdir=$top/work" "$top/all" &&
    mount -t proc proc "$top/all/proc" && mount --bind /dev "$top/all/dev" &&
    ip link set lo up && chroot "$top/all" sh /deb/packages.sh' - "$root" \
    "$top" > "$CI_LOGS/deb.txt" 2>&1
rv=$?
rmdir "$top"
cat "$CI_LOGS/deb.txt"
p=$((p + $(grep -c '^ok ' "$CI_LOGS/deb.txt")))
f=$((f + $(grep -c '^FAIL ' "$CI_LOGS/deb.txt")))
[ $rv -eq 0 ] || [ $f -gt 0 ] || f=1
end 0
