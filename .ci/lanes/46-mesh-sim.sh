# SPDX-License-Identifier: MIT OR Apache-2.0
# Whole nodes in simulated worlds: 300 seeds of 5 to 50 nodes, other ones every
# day, half of them on each of two cores, and one world of 200 nodes.
# budget: 240
# timeout: 1500
make || exit 1
first=$(($(date +%s) / 86400 * 1000 % 1000000 + 1))
sim() {
    build/tests/meshsim/meshsim --brief --count "$@"
}
sim --nodes 5-12 --seeds 140 --seconds 120 --seed $first > $CI_LOGS/sim-a.txt &
a=$!
(
    sim --nodes 5-12 --seeds 140 --seconds 120 --seed $((first + 140)) || rv=1
    sim --nodes 13-50 --seeds 20 --seconds 60 --seed $((first + 280)) || rv=1
    exit ${rv:-0}
) > $CI_LOGS/sim-b.txt &
b=$!
rv=0
wait $a || rv=1
wait $b || rv=1
cat $CI_LOGS/sim-a.txt $CI_LOGS/sim-b.txt
sim --nodes 200 --seconds 30 --seed $first || rv=1
exit $rv
