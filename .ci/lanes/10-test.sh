# SPDX-License-Identifier: MIT OR Apache-2.0
# What the README says: make test, with the system's compiler.
# budget: 300
# timeout: 900
tests/metrics/promtool.sh || echo 'skipped: promtool cannot be fetched'
rv=0
make test || rv=$?
.ci/count.py meson build
exit $rv
