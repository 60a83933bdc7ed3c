# SPDX-License-Identifier: MIT OR Apache-2.0
"""Rendezvous points: ours and rust's, with ours and rust as the one that
registers and the one that looks for it."""

import itertools

import pytest
from finding import check_rendezvous

# rust reads no answer that has a record in the form of RFC 0003: it finds ours
# at its own points, which ours gives one in rust's form, but not at ours.
ROLES = [r for r in itertools.product(("c", "rust"), repeat=3)
         if r != ("c", "c", "rust")]


@pytest.mark.parametrize("point, one, other", ROLES)
def test_roles(point, one, other):
    check_rendezvous(point, one, other)
