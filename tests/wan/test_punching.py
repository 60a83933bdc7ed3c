# SPDX-License-Identifier: MIT OR Apache-2.0
"""Which pairs of NATs can be punched at all, by plain sockets that send at
the same time: what a node that does not get through is measured by."""

import pytest
from nats import PAIRS
from probes import mapped, punch_tcp, punch_udp, tcp_mapped

@pytest.mark.parametrize("one, other, can", PAIRS)
def test_pair(lab, one, other, can):
    server = lab.host("server")
    hosts = [lab.site(name, nat=kind).host() for name, kind in
             (("a", one), ("b", other))]
    there = server.udp()
    at = (server.ip, there.getsockname()[1])
    socks = [h.udp() for h in hosts]
    seen = [mapped(s, there, at) for s in socks]
    assert punch_udp((socks[0], seen[1]), (socks[1], seen[0])) == can
    ends = [tcp_mapped(h, server) for h in hosts]
    assert punch_tcp(*ends) == can
