# SPDX-License-Identifier: MIT OR Apache-2.0
# Both compilers, with every warning an error; unit tests of clang's build.
# budget: 300
# timeout: 1500
set -e
for cc in gcc clang; do
    build=$CI_LOGS/$cc
    CC=$cc meson setup "$build" -Dwerror=true > /dev/null
    ninja -C "$build"
done
rv=0
meson test -C $CI_LOGS/clang --suite unit --print-errorlogs || rv=$?
.ci/count.py meson $CI_LOGS/clang
exit $rv
