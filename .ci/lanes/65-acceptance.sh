# SPDX-License-Identifier: MIT OR Apache-2.0
# One mesh of four kinds of nodes, cut and healed, and twenty of ours started
# at once. go and js must be there.
# budget: 120
# timeout: 400
export PEERS_REQUIRED="go js"
make acceptance 2>&1 | tee $CI_LOGS/acceptance.txt
rv=${PIPESTATUS[0]}
sed -n 's/^skip /skipped: /p' $CI_LOGS/acceptance.txt
.ci/count.py lines $CI_LOGS/acceptance.txt
exit "$rv"
