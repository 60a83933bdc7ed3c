# SPDX-License-Identifier: MIT OR Apache-2.0
# Today's daemon and that of an older commit (tests/compat/BASE) in one mesh;
# what older ones left on the disk is read, what newer ones left is refused. The
# older program is kept by commit in the user's cache.
# budget: 180
# timeout: 900
rv=0
make compat > $CI_LOGS/compat.txt 2>&1 || rv=$?
cat $CI_LOGS/compat.txt
sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /skipped: /p' $CI_LOGS/compat.txt
.ci/count.py pytest $CI_LOGS/compat.txt
exit $rv
