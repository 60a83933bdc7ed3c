# SPDX-License-Identifier: MIT OR Apache-2.0
# budget: 60
# timeout: 900
rv=0
make lint 2>&1 | tee $CI_LOGS/lint.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/lint.txt
exit "$rv"
