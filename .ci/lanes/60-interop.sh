# SPDX-License-Identifier: MIT OR Apache-2.0
# Against other implementations. go, js and py must be there; others, where the
# machine lacks their tools, are skipped by name. Prints the matrix.
# budget: 600
# timeout: 1200
export PEERS_REQUIRED="go js py" P2P_BIN=$PWD/build/tools/p2p/p2p
export INTEROP_TABLE=$CI_LOGS/interop.md
# For the programs of the public harnesses and their test.
apt-get install -y --no-install-recommends libhiredis-dev redis-server \
    > $CI_LOGS/apt.txt 2>&1 || echo "skipped: no Redis server, or no client"
make || exit 1
[ -x build/tools/harness/harness-perf ] ||
    { meson setup --reconfigure build && make; } || exit 1
rv=0
/usr/bin/python3 -m pytest -rs -p no:cacheprovider tests/interop \
    > $CI_LOGS/interop.txt 2>&1 || rv=$?
cat $CI_LOGS/interop.txt $INTEROP_TABLE
sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /skipped: /p' $CI_LOGS/interop.txt
.ci/count.py pytest $CI_LOGS/interop.txt
exit $rv
