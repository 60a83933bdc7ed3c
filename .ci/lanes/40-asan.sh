# SPDX-License-Identifier: MIT OR Apache-2.0
# Unit tests and corpora under ASan and UBSan, any finding fatal.
# budget: 300
# timeout: 1500
rv=0
make asan || rv=$?
.ci/count.py meson build-asan
exit $rv
