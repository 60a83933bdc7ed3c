# SPDX-License-Identifier: MIT OR Apache-2.0
"""Nodes behind NATs that meet at a relay punch through where that can be done,
and stay with the relay where not.

Each pair tries 3 times; WAN_TRIES: so often.
"""

import pytest
from lab import TRIES
from nats import PAIRS
from peer import require
from punches import Case, Ground, Table, tries

DELAY_MS = 10
CAN = {pair: can for *names, can in PAIRS
       for pair in (tuple(names), tuple(reversed(names)))}
# (listener, dialer, the NAT of each, transport); test_dcutr.py has others.
CASES = [Case("c", "c", *pair, way) for pair in CAN for way in ("tcp", "quic")]
CASES += [Case(listener, dialer, *pair, way)
          for listener, dialer in (("c", "go"), ("go", "c"))
          for pair in (("port-restricted", "port-restricted"),
                       ("full-cone", "symmetric"),
                       ("symmetric", "full-cone"))
          for way in ("tcp", "quic")]
# Not rust that listens over QUIC: it ends without a word, and the relay holds
# more reservations of its address than it grants.
CASES += [Case(*kinds, "port-restricted", "port-restricted", way)
          for *kinds, way in (("c", "rust", "tcp"), ("c", "rust", "quic"),
                              ("rust", "c", "tcp"))]


@pytest.fixture(scope="module")
def table(page):
    made = Table(DELAY_MS)
    page.more.append(made.text)
    return made


def expected(case):
    """Whether they get through. In DCUtR who dials is the client of what comes
    of it. Behind a symmetric NAT it is who listens that would have to be; ours
    is, in its last attempt."""
    return CAN[case.one, case.other] and (case.listener, case.one) != (
        "go", "symmetric")


def at_once(case):
    """Those with time to wait in them are tried together: as many as a relay
    has reservations for of an address. Three always are."""
    if not TRIES:
        return 3
    slow = not expected(case) or case.one == "symmetric" or \
        case.other == "firewall"
    return 7 if slow else 2


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_pair(lab, table, case):
    require(case.listener, case.dialer)
    seen = tries(Ground(lab, case, DELAY_MS), TRIES or 3, at_once(case))
    table.add(case, CAN[case.one, case.other], seen)
    direct = sum(s.direct for s in seen)
    if expected(case):
        assert 3 * direct >= 2 * len(seen)
    else:
        assert direct == 0
