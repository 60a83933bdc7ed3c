# SPDX-License-Identifier: MIT OR Apache-2.0
# Whole hosts in a simulated world: the small meshes, one course from three
# builds, two map seeds and two patterns of freed memory, and 1,000 hosts for
# ten virtual minutes with the seed of the day.
# budget: 240
# timeout: 900
rv=0
make all || exit 1
meson test -C build --suite sim --print-errorlogs || rv=1
.ci/count.py meson build
make sim-hash 2>&1 | tee $CI_LOGS/hashes.txt
[ ${PIPESTATUS[0]} -eq 0 ] || rv=1
.ci/count.py lines $CI_LOGS/hashes.txt
if make sim SEEDS=$(($(date +%s) / 86400)); then
    echo "counts: 1 0 0"
else
    echo "counts: 0 1 0"
    rv=1
fi
exit $rv
