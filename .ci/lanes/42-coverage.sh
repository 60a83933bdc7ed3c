# SPDX-License-Identifier: MIT OR Apache-2.0
# How much of lib/ the unit tests and corpora run, and that it is enough.
# budget: 180
# timeout: 600
make coverage > $CI_LOGS/coverage.txt 2>&1
rv=$?
sed -n '/^folder /,$p' $CI_LOGS/coverage.txt
[ $rv -eq 0 ] || grep -A20 -m3 -E '^FAIL|FAIL |TIMEOUT' $CI_LOGS/coverage.txt
.ci/count.py lines $CI_LOGS/coverage.txt
exit $rv
