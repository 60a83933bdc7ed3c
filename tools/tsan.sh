#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# usage: tsan.sh DIR
# Builds what other threads touch with ThreadSanitizer, into DIR, and runs its
# tests: the door of the library's loop, the daemon's loop with its tasks, and
# the worker that writes the store. Any report fails. First a control: the door
# without its lock must be found out. All else of the tree has one thread.
set -u
cd "$(dirname "$(readlink -f "$0")")/.."
dir=$1
mkdir -p "$dir"
export TSAN_OPTIONS=halt_on_error=1:exitcode=66
bad=0

# Functions that a test does not reach are left out, and what they would need.
build() {
    local name=$1
    shift
    ${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -fsanitize=thread -O1 -g \
        -ffunction-sections -Wl,--gc-sections -Iinclude -Ilib -I. -Itests/lib \
        -Itests/unit/mesh_store -o "$dir/$name" "$@" lib/base/*.c lib/wire/*.c \
        -luv -lcmocka -lresolv -lcurl -lsqlite3 -lcrypto -lsodium
}

# Runs a program, which ends with a code: 66 is TSan's when it finds fault.
told() {
    local code
    timeout 120 "$dir/$1" > "$dir/$1.txt" 2>&1
    code=$?
    if [ $code = "$2" ]; then
        echo "ok tsan: $3"
    else
        cat "$dir/$1.txt"
        echo "FAIL tsan: $3 ($code)"
        return 1
    fi
}

control() {
    mkdir -p "$dir/unlocked"
    cp lib/uv/*.c "$dir/unlocked"
    sed -i 's/uv_mutex_\(un\)\?lock(.*);/(void)0;/' "$dir/unlocked/loop.c"
    build control tests/unit/uv/test_door.c "$dir"/unlocked/*.c &&
        told control 66 "control: a door without its lock is found out"
}

door() {
    build door tests/unit/uv/test_door.c lib/uv/*.c &&
        told door 0 "threads post to a loop"
}

daemon=(mesh/app/loop.c mesh/fetch/fetch.c mesh/base/*.c lib/uv/*.c)

loop() {
    build loop tests/unit/mesh_app/test_loop.c "${daemon[@]}" &&
        told loop 0 "the daemon's loop has tasks done"
}

disk() {
    build disk tests/unit/mesh_node/test_disk_threads.c mesh/node/disk.c \
        tests/unit/mesh_store/rig.c mesh/store/*.c mesh/trust/*.c \
        "${daemon[@]}" lib/ident/*.c lib/crypto/*.c &&
        told disk 0 "a worker writes the store"
}

jobs=()
for part in disk control door loop; do
    $part &
    jobs+=($!)
done
for job in "${jobs[@]}"; do
    wait "$job" || bad=1
done
exit $bad
