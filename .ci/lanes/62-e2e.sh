# SPDX-License-Identifier: MIT OR Apache-2.0
# The daemon as a process: Units that fail, peers that mean harm, REST, its own
# start and end.
# budget: 300
# timeout: 1000
.ci/pytest.sh e2e
