# SPDX-License-Identifier: MIT OR Apache-2.0
# Every mutant must turn its test red.
# budget: 240
# timeout: 900
make mutants 2>&1 | tee $CI_LOGS/mutants.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/mutants.txt
exit "$rv"
