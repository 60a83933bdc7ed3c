# SPDX-License-Identifier: MIT OR Apache-2.0
# A node of the model in C beside each honest node of the rules as a program, in
# random hostile worlds, step for step; other seeds every day. Half of them on
# each of two cores.
# budget: 180
# timeout: 1200
make || exit 1
first=$(($(date +%s) / 86400 * 800 % 1000000 + 1))
half() {
    /usr/bin/python3 tests/model/twin.py build/tests/model/model-node \
        --first "$1" --seeds 400
}
half $first &
other=$!
rv=0
half $((first + 400)) || rv=1
wait $other || rv=1
[ $rv -eq 0 ] && echo "counts: 800 0 0" || echo "counts: 0 1 0"
exit $rv
