# SPDX-License-Identifier: MIT OR Apache-2.0
# clang's build, with every warning an error, and its unit tests; the lane test
# does the same with gcc.
# budget: 200
# timeout: 1500
set -e
build=$CI_LOGS/clang
CC=clang meson setup "$build" -Dwerror=true > /dev/null
ninja -C "$build"
rv=0
meson test -C "$build" --suite unit --print-errorlogs || rv=$?
.ci/count.py meson "$build"
exit $rv
