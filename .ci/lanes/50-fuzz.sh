# SPDX-License-Identifier: MIT OR Apache-2.0
# Today's slice of the fuzz targets; make fuzz-smoke runs them all.
# budget: 180
# timeout: 900
rv=0
FUZZ_SLICE=8 tools/fuzz.sh slice 25 | tee $CI_LOGS/fuzz.txt
rv=${PIPESTATUS[0]}
.ci/count.py lines $CI_LOGS/fuzz.txt
exit "$rv"
