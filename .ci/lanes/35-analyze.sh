# SPDX-License-Identifier: MIT OR Apache-2.0
# lib/ by gcc -fanalyzer and clang --analyze: nothing is found.
# budget: 150
# timeout: 600
rv=0
make analyze > $CI_LOGS/analyze.txt 2>&1 || rv=$?
grep -v '^ok ' $CI_LOGS/analyze.txt
.ci/count.py lines $CI_LOGS/analyze.txt
exit $rv
