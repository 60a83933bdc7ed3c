# SPDX-License-Identifier: MIT OR Apache-2.0
# A page in Chromium that runs today's js-libp2p joins our node, over ws and
# wss. Skipped where npm or Debian's packages cannot be reached.
# budget: 120
# timeout: 600
make || exit 1
command -v chromium > /dev/null || {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends \
            chromium fonts-dejavu-core; }
} > $CI_LOGS/browser-apt.txt 2>&1
make browser 2>&1 | tee $CI_LOGS/browser.txt
rv=${PIPESTATUS[0]}
sed -n 's/^skip /skipped: /p' $CI_LOGS/browser.txt
.ci/count.py lines $CI_LOGS/browser.txt
exit "$rv"
