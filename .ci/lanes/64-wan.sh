# SPDX-License-Identifier: MIT OR Apache-2.0
# Sites behind NATs, in network namespaces: each NAT is what it is called, and
# nodes, ours, go's and (where an earlier lane built it) rust's, meet across
# them. Skipped where there are no namespaces.
# budget: 130
# timeout: 400
export PEERS_REQUIRED="go"
rv=0
make wan SMOKE=1 > $CI_LOGS/wan.txt 2>&1 || rv=$?
cat $CI_LOGS/wan.txt
sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /skipped: /p' $CI_LOGS/wan.txt
.ci/count.py pytest $CI_LOGS/wan.txt
exit $rv
