#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: rootfs.sh INSTALLED ROOT
# What the image has, in ROOT: the program below INSTALLED, each library that it
# is linked with and its licence, a list of these packages where scanners look
# for one, certificates of authorities, a user, and his folders.
set -eu
installed=$1 root=$2
uid=65532

rm -rf "$root"
mkdir -p "$root/etc/ssl/certs" "$root/usr/bin" "$root/usr/lib" "$root/tmp" \
    "$root/run" "$root/var/lib/dpkg/status.d" "$root/usr/share/doc/unitmesh"
# As Debian has it: the loader is asked for in /lib or /lib64.
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
ln -s ../run "$root/var/run"
cp "$installed/usr/bin/unitmesh" "$root/usr/bin/"
cp -P "$installed"/usr/lib/libp2p.so.* "$installed"/usr/lib/libp2p-tls.so.* \
    "$installed"/usr/lib/libp2p-quic.so.* \
    "$installed"/usr/lib/libp2p-portmap.so.* "$root/usr/lib/"
cp LICENSE* "$root/usr/share/doc/unitmesh/"

# A library, without the /usr that some are named with, and what its package
# says of it.
take() {
    mkdir -p "$root/usr${1%/*}"
    cp "$(readlink -f "$1")" "$root/usr$1"
    package=$(dpkg -S "$(readlink -f "$1")" 2> /dev/null ||
        dpkg -S "$1")
    package=${package%%: *}
    name=${package%%:*}
    dpkg -s "$package" > "$root/var/lib/dpkg/status.d/$name"
    mkdir -p "$root/usr/share/doc/$name"
    cp "/usr/share/doc/$name/copyright" "$root/usr/share/doc/$name/"
}

# Lines of ldd are "NAME => PATH (…)", and "PATH (…)" for the loader. The C
# library looks up names by itself since 2.34.
LD_LIBRARY_PATH="$installed/usr/lib" ldd "$installed/usr/bin/unitmesh" \
    > "$root/ldd"
if grep "not found" "$root/ldd"; then
    exit 1
fi
sed -n 's/ (.*//; s/.* => //; s/^\t//; \,^/,p' "$root/ldd" |
    grep -v "^$installed" | while read -r library; do
    take "${library#/usr}"
done
rm "$root/ldd"
# Threads that end want it, and it is looked for only then.
take "$(ldconfig -p | sed -n 's/.*libgcc_s.*=> //p' | sed 's,^/usr,,;q')"

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
echo "hosts: files dns" > "$root/etc/nsswitch.conf"
cat > "$root/etc/passwd" <<E
root:x:0:0:root:/:/
unitmesh:x:$uid:$uid:unitmesh:/var/lib/unitmesh:/
E
cat > "$root/etc/group" <<E
root:x:0:
unitmesh:x:$uid:
E
chmod 1777 "$root/tmp"
# As an applier of root leaves it; a daemon that has none can use it, too.
install -d -m 1770 -o 0 -g $uid "$root/var/lib/unitmesh"
# Where an applier waits, and the daemon comes.
install -d -m 750 -o 0 -g $uid "$root/run/unitmesh"
