# SPDX-License-Identifier: MIT OR Apache-2.0
# Hostile peers: each cap must hold, and its test fail without it. A sixth of
# the rows a day; `make hostile` runs all.
# budget: 150
# timeout: 900
part=$(($(date +%-j) % 6))
names=$(awk -v part="$part" '/^(P2P|UM)__CAP_/ { all[n++] = $1 }
    END { for (i = 0; i < n; i++) if (int(i * 6 / n) == part) print all[i] }' \
    tests/hostile/rows.txt)
make hostile ONLY="$(echo $names)" 2>&1 | tee $CI_LOGS/hostile.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/hostile.txt
exit "$rv"
