# SPDX-License-Identifier: MIT OR Apache-2.0
# The daemon as a process: Units that fail, peers that mean harm, REST, its own
# start and end.
# budget: 480
# timeout: 1000
rv=0
make e2e > $CI_LOGS/e2e.txt 2>&1 || rv=$?
cat $CI_LOGS/e2e.txt
sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /skipped: /p' $CI_LOGS/e2e.txt
.ci/count.py pytest $CI_LOGS/e2e.txt
exit $rv
