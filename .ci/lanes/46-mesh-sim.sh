# SPDX-License-Identifier: MIT OR Apache-2.0
# Whole nodes in simulated worlds: 200 seeds of 5 to 50 nodes, other ones every
# day, on two cores, and one world of 1,000 nodes (up to 7 GiB; 300 nodes where
# there is less memory). A run that fails prints the command that makes it
# again.
# budget: 240
# timeout: 1500
make || exit 1
first=$(($(date +%s) / 86400 * 1000 % 1000000 + 1))
sim() {
    build/tests/meshsim/meshsim --brief --count "$@"
}
rv=0
most=1000
if [ $(awk '/MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo) -lt 9 ]
then
    most=300
    echo "mesh-sim: under 9 GiB are free: 300 nodes instead of 1000"
fi
sim --nodes 13-50 --seeds 40 --seconds 60 --seed $first \
    > "$CI_LOGS/mesh-sim-large.txt" &
large=$!
(
    worst=0
    sim --nodes 5-12 --seeds 160 --seed $((first + 40)) || worst=1
    sim --nodes $most --seconds 20 --seed $first || worst=1
    exit $worst
) > "$CI_LOGS/mesh-sim-small.txt" &
small=$!
wait $large || rv=1
wait $small || rv=1
cat "$CI_LOGS/mesh-sim-small.txt" "$CI_LOGS/mesh-sim-large.txt"
exit $rv
