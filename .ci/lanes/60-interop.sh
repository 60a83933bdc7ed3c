# SPDX-License-Identifier: MIT OR Apache-2.0
# Against other implementations. go and js must be there, rust where there is a
# cargo that is new enough (built here once: 150 s), and py where its packages
# can be had; others are skipped by name. Prints the matrix.
# budget: 400
# timeout: 1500
export PEERS_REQUIRED="go js" P2P_BIN=$PWD/build/tools/p2p/p2p
export INTEROP_TABLE=$CI_LOGS/interop.md
# For the test of the programs of the public harnesses: Debian's Redis, taken
# out of its package. Installed it would make a user and begin a service, and
# where it cannot, nothing else can be installed after it.
redis() {
    mkdir -p $CI_LOGS/redis && cd $CI_LOGS/redis || return 1
    apt-get install -y -q --no-install-recommends libjemalloc2 liblua5.1-0 \
        liblzf1 libatomic1 libsystemd0 || return 1
    apt-get download -q redis-tools && dpkg-deb -x redis-tools_*.deb . &&
        ln -sf redis-check-rdb usr/bin/redis-server && # a program of two names
        usr/bin/redis-server --version
}
(redis) > $CI_LOGS/redis.txt 2>&1 ||
    echo "skipped: no Redis server: $(tail -1 $CI_LOGS/redis.txt)"
export REDIS_SERVER=$PWD/$CI_LOGS/redis/usr/bin/redis-server
if timeout 300 tests/interop/peers/build.sh py > $CI_LOGS/py.txt 2>&1; then
    PEERS_REQUIRED="$PEERS_REQUIRED py"
else
    echo "skipped: no py peer: $(tail -1 $CI_LOGS/py.txt)"
fi
rust() {
    command -v cargo || apt-get install -y -q --no-install-recommends cargo-web
    timeout 600 tests/interop/peers/build.sh rust
}
code=0
rust > $CI_LOGS/rust.txt 2>&1 || code=$?
# 77: there is no tool chain. Whatever else is wrong, the tests tell.
if [ $code -eq 77 ]; then
    echo "skipped: no rust peer: $(tail -1 $CI_LOGS/rust.txt)"
else
    PEERS_REQUIRED="$PEERS_REQUIRED rust"
fi
make || exit 1
[ -x build/tools/harness/harness-punch ] ||
    { meson setup --reconfigure build && make; } || exit 1
rv=0
.ci/pytest.sh interop N=2 || rv=$?
cat $INTEROP_TABLE
exit $rv
