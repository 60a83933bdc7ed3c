# SPDX-License-Identifier: MIT OR Apache-2.0
# For lanes: in a new network namespace, a network with one machine, this one.
# Addresses that mDNS tells to others are private ones.
ip link set lo up &&
    ip link add lan0 type veth peer name lan1 &&
    ip address add 10.83.0.7/24 dev lan0 &&
    ip link set lan0 up && ip link set lan1 up
