# SPDX-License-Identifier: MIT OR Apache-2.0
# Hostile peers: each cap must hold, and its test fail without it. A third of
# the rows a day; `make hostile` runs all.
# budget: 180
# timeout: 900
third=$(($(date +%-j) % 3))
names=$(awk -v third="$third" '/^(P2P|UM)__CAP_/ { all[n++] = $1 }
    END { for (i = 0; i < n; i++) if (int(i * 3 / n) == third) print all[i] }' \
    tests/hostile/rows.txt)
make hostile ONLY="$(echo $names)" 2>&1 | tee $CI_LOGS/hostile.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/hostile.txt
exit "$rv"
