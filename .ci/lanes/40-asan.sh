# SPDX-License-Identifier: MIT OR Apache-2.0
# Unit tests and corpora under ASan and UBSan, any finding fatal; what threads
# share under TSan; today's part of them under memcheck.
# budget: 300
# timeout: 1500
rv=0
make asan || rv=$?
.ci/count.py meson build-asan
make tsan > $CI_LOGS/tsan.txt 2>&1 || rv=1
cat $CI_LOGS/tsan.txt
.ci/count.py lines $CI_LOGS/tsan.txt
make valgrind T=slice > $CI_LOGS/valgrind.txt 2>&1 || rv=1
cat $CI_LOGS/valgrind.txt
.ci/count.py lines $CI_LOGS/valgrind.txt
exit $rv
