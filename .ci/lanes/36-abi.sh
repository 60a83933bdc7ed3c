# SPDX-License-Identifier: MIT OR Apache-2.0
# Programs that were compiled with the last release of the library still run.
# budget: 10
# timeout: 120
rv=0
make abi 2>&1 | tee $CI_LOGS/abi.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/abi.txt
exit "$rv"
