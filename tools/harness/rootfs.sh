#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: rootfs.sh PROGRAM ROOT
# A program of the harnesses as /program in ROOT, with each library that it is
# linked with, names' look-up by files and DNS, and nothing else.
set -eu
program=$1 root=$2

rm -rf "$root"
mkdir -p "$root/etc" "$root/tmp"
cp "$program" "$root/program"
libraries=$(ldd "$program")
case $libraries in
*"not found"*)
    echo "$libraries" >&2
    exit 1
    ;;
esac
# Lines of ldd are "NAME => PATH (…)", and "PATH (…)" for the loader. All go
# into one folder that the loader looks at first; the loader stays in its place.
echo "$libraries" | sed -n 's/ (.*//; s/.* => //; s/^\t//; \,^/,p' |
    while read -r path; do
        case $path in
        */ld-linux*) folder=${path%/*} ;;
        *) folder=/usr/lib ;;
        esac
        mkdir -p "$root$folder"
        cp -L "$path" "$root$folder/"
    done
[ -e "$root/lib" ] || ln -s usr/lib "$root/lib"
# The C library asks these for names, without being linked with them.
for path in $(ldconfig -p | sed -n 's/.*libnss_\(dns\|files\)\.so.*=> //p'); do
    cp -L "$path" "$root/usr/lib/"
done
echo "hosts: files dns" > "$root/etc/nsswitch.conf"
