# SPDX-License-Identifier: MIT OR Apache-2.0
# What the README says: make test, with the system's compiler and every warning
# an error.
# budget: 300
# timeout: 900
tests/metrics/promtool.sh || echo 'skipped: promtool cannot be fetched'
make deps || exit 1
meson setup build -Dwerror=true || exit 1
rv=0
make test || rv=$?
.ci/count.py meson build
exit $rv
