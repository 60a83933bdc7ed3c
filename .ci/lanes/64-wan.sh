# SPDX-License-Identifier: MIT OR Apache-2.0
# Sites behind NATs, in network namespaces: each NAT is what it is called, and
# nodes, ours, go's and (where an earlier lane built it) rust's, meet across
# them. Skipped where there are no namespaces.
# budget: 180
# timeout: 700
export PEERS_REQUIRED="go"
.ci/pytest.sh wan SMOKE=1 N=8
