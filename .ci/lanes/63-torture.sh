# SPDX-License-Identifier: MIT OR Apache-2.0
# Three daemons are killed 100 times while six writers change what they run;
# two machines of which one is dead; disks that are full, read-only or damaged;
# Units that fail beside a node of a mesh. Floods from real sockets.
# budget: 210
# timeout: 600
rv=0
make torture KILLS=100 > $CI_LOGS/torture.txt 2>&1 || rv=$?
cat $CI_LOGS/torture.txt
sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /skipped: /p' $CI_LOGS/torture.txt
make floods SMOKE=1 > $CI_LOGS/floods.txt 2>&1 || rv=1
cat $CI_LOGS/floods.txt
.ci/count.py lines $CI_LOGS/floods.txt
.ci/count.py lines $CI_LOGS/torture.txt
.ci/count.py pytest $CI_LOGS/torture.txt
exit $rv
