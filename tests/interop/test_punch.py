# SPDX-License-Identifier: MIT OR Apache-2.0
"""Holes punched (DCUtR) between ours and others, in each role and at relays of
each kind; tests/wan has the kinds of NAT."""

import pytest
from finding import check_punch

# (relay, listener, dialer)
ROLES = [("go", "c", "c"), ("go", "go", "c"), ("go", "c", "go"),
         ("rust", "c", "c"), ("c", "rust", "c"), ("c", "c", "rust"),
         ("go", "rust", "c"), ("rust", "c", "go")]


@pytest.mark.parametrize("relay, listener, dialer", ROLES)
@pytest.mark.parametrize("way", ["tcp", "quic"])
def test_roles(lab, way, relay, listener, dialer):
    check_punch(lab, relay, listener, dialer, way)
