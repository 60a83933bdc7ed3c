# SPDX-License-Identifier: MIT OR Apache-2.0
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop/lib"))
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
os.environ["BUILDDIR"] = str(BUILD)
os.environ.setdefault("P2P_BIN", str(BUILD / "tools/p2p/p2p"))
pytest.register_assert_rewrite("probes")


@pytest.fixture
def lab():
    """An empty laboratory, taken down whatever becomes of the test."""
    from lab import laboratory

    with laboratory() as made:
        yield made
