# SPDX-License-Identifier: MIT OR Apache-2.0
# The replicated model against its rules as a program: random histories, each in
# two orders; other seeds every day.
# budget: 120
# timeout: 600
make || exit 1
first=$(($(date +%s) / 86400 * 2000 % 1000000 + 1))
rv=0
/usr/bin/python3 tests/model/oracle.py build/tests/model/model-replay \
    --first $first --seeds 2000 || rv=1
[ $rv -eq 0 ] && echo "counts: 2000 0 0" || echo "counts: 0 1 0"
exit $rv
