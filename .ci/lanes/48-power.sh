# SPDX-License-Identifier: MIT OR Apache-2.0
# 200 power cuts while a store is written: nothing that was acknowledged may be
# lost. Skipped where no loop device can be mounted.
# budget: 120
# timeout: 400
make power CUTS=200 2>&1 | tee $CI_LOGS/power.txt
rv=${PIPESTATUS[0]}
sed -n 's/^skip /skipped: /p' $CI_LOGS/power.txt
.ci/count.py lines $CI_LOGS/power.txt
exit "$rv"
