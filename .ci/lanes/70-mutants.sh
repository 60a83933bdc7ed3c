# SPDX-License-Identifier: MIT OR Apache-2.0
# Every mutant must turn its test red: a fifteenth of them a day; `make mutants`
# runs all.
# budget: 180
# timeout: 900
day=$(($(date +%-j) % 15))
names=$(ls tests/mutants/*.patch | sed 's|.*/||; s|\.patch$||' | sort |
    awk -v day="$day" 'NR % 15 == day')
make mutants ONLY="$(echo $names)" 2>&1 | tee $CI_LOGS/mutants.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/mutants.txt
exit "$rv"
