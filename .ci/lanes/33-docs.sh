# SPDX-License-Identifier: MIT OR Apache-2.0
# The manual: it builds, its links lead somewhere, its commands exist, and what
# its pages do on three machines comes as they show it. Here there have to be
# namespaces: a page that could not be tried is a failure.
# budget: 150
# timeout: 600
p=0 f=0
count() { "$@" && p=$((p + 1)) || f=$((f + 1)); }
make all docs || f=$((f + 1))
count test -s build/docs/html/index.html
count tests/docs/commands.py build/cli/unitmesh build/tools/p2p/p2p
tests/docs/walk.py build/cli/unitmesh > $CI_LOGS/walk.txt 2>&1
rv=$?
cat $CI_LOGS/walk.txt
ok=$(grep -c '^ok' $CI_LOGS/walk.txt)
bad=$(grep -c '^FAIL' $CI_LOGS/walk.txt)
[ $rv -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
p=$((p + ok)) f=$((f + bad))
echo "counts: $p $f 0"
[ $f -eq 0 ]
