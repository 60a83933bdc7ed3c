# SPDX-License-Identifier: MIT OR Apache-2.0
# A node of the model in C beside each honest node of the rules as a program, in
# random hostile worlds, step for step; other seeds every day.
# budget: 300
# timeout: 1800
make || exit 1
first=$(($(date +%s) / 86400 * 2000 % 1000000 + 1))
rv=0
/usr/bin/python3 tests/model/twin.py build/tests/model/model-node \
    --first $first --seeds 2000 || rv=1
[ $rv -eq 0 ] && echo "counts: 2000 0 0" || echo "counts: 0 1 0"
exit $rv
