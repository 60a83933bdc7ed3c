# SPDX-License-Identifier: MIT OR Apache-2.0
# The library as others get it: installed into a fresh prefix, found through
# pkg-config, linked shared and static; its examples run, and its bindings, in
# a network of their own.
# budget: 120
# timeout: 900
set -e
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
meson setup $CI_LOGS/install --prefix="$prefix" --libdir=lib \
    -Dtests=false -Ddaemon=false > /dev/null
ninja -C $CI_LOGS/install > /dev/null
meson install -C $CI_LOGS/install > /dev/null
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib
p=0 f=0 s=0

build_run() {
    local out=$prefix/${1//\//_}-$2 flags
    flags=$(pkg-config --cflags --libs ${3:+$3} p2p)
    [ "$2" = shared ] || flags="-Wl,-Bstatic -lp2p -Wl,-Bdynamic
        ${flags//-lp2p/}"
    if gcc -std=c11 -Wall -Wextra -Werror -D_DEFAULT_SOURCE "$1" -o "$out" \
            $(pkg-config --cflags p2p) -L"$prefix/lib" $flags &&
            { [ "${4:-}" != run ] || "$out"; }; then
        echo "ok $1 ($2)"; p=$((p + 1))
    else
        echo "FAIL $1 ($2)"; f=$((f + 1))
    fi
}

for how in "shared " "static --static"; do
    set -- $how
    build_run tests/install/probe.c "$1" "$2" run
    for example in examples/*.c; do
        [ "$1" = shared ] || build_run "$example" "$1" "$2"
    done
done
# tests/install/WHAT: its lines are counted.
used() {
    local rv=0 said=$CI_LOGS/install-used.txt
    unshare --net bash -c '. .ci/lan.sh; "$@"' - "$@" > "$said" 2>&1 || rv=$?
    cat "$said"
    p=$((p + $(grep -c '^ok ' "$said" || :)))
    f=$((f + $(grep -c '^FAIL ' "$said" || :)))
    s=$((s + $(grep -c '^skipped: ' "$said" || :)))
    [ $rv -eq 0 ] || [ $f -gt 0 ] || f=1
}
used tests/install/examples.sh "$prefix/share/doc/p2p/examples" lan
used tests/install/bindings.sh "$prefix/share/doc/p2p/examples/bindings"
for part in quic tls ws portmap; do
    if gcc -std=c11 -Wall -Wextra -Werror -DPART_$part \
            tests/install/probe_part.c -o "$prefix/probe_$part" \
            $(pkg-config --cflags --libs p2p-$part p2p) &&
            "$prefix/probe_$part"; then
        echo "ok a program with p2p-$part"; p=$((p + 1))
    else
        echo "FAIL a program with p2p-$part"; f=$((f + 1))
    fi
done
# The daemon, the tool and the examples against what was installed.
if meson setup $CI_LOGS/system -Dsystem_p2p=true > /dev/null &&
        ninja -C $CI_LOGS/system &&
        ldd $CI_LOGS/system/cli/unitmesh | grep "$prefix/lib/libp2p"; then
    echo "ok unitmesh against the installed library"; p=$((p + 1))
else
    echo "FAIL unitmesh against the installed library"; f=$((f + 1))
fi
echo "counts: $p $f $s"
[ $f -eq 0 ]
