# SPDX-License-Identifier: MIT OR Apache-2.0
# Whole nodes in simulated worlds: 300 seeds of 5 to 50 nodes, other ones every
# day, on two cores, and one world of 100 nodes. A run that fails prints the
# command that makes it again.
# budget: 240
# timeout: 1500
make || exit 1
first=$(($(date +%s) / 86400 * 1000 % 1000000 + 1))
sim() {
    build/tests/meshsim/meshsim --brief --count "$@"
}
rv=0
sim --nodes 13-50 --seeds 60 --seconds 60 --seed $first \
    > "$CI_LOGS/mesh-sim-large.txt" &
large=$!
(
    worst=0
    sim --nodes 5-12 --seeds 240 --seed $((first + 60)) || worst=1
    sim --nodes 100 --seconds 30 --seed $first || worst=1
    exit $worst
) > "$CI_LOGS/mesh-sim-small.txt" &
small=$!
wait $large || rv=1
wait $small || rv=1
cat "$CI_LOGS/mesh-sim-small.txt" "$CI_LOGS/mesh-sim-large.txt"
exit $rv
