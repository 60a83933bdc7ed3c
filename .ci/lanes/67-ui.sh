# SPDX-License-Identifier: MIT OR Apache-2.0
# The web page in Chromium: each view and action, axe, two nodes in two tabs.
# Pictures of all views are in build-ci/ui. Skipped where npm or Debian's
# packages cannot be reached.
# budget: 300
# timeout: 900
make || exit 1
UI_SHOTS=$CI_LOGS/ui make ui 2>&1 | tee $CI_LOGS/ui.txt
rv=${PIPESTATUS[0]}
sed -n 's/^skip /skipped: /p' $CI_LOGS/ui.txt
.ci/count.py lines $CI_LOGS/ui.txt
exit "$rv"
