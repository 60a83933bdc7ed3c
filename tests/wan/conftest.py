# SPDX-License-Identifier: MIT OR Apache-2.0
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for place in ("tests/interop/lib", "tests/e2e"):
    sys.path.insert(0, str(ROOT / place))
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
os.environ["BUILDDIR"] = str(BUILD)
os.environ.setdefault("P2P_BIN", str(BUILD / "tools/p2p/p2p"))
pytest.register_assert_rewrite("probes")


def pytest_configure(config):
    config.addinivalue_line("markers", "whole: not among those of SMOKE=1")


def pytest_collection_modifyitems(config, items):
    """SMOKE=1 does without what `make wan` and -k have time for."""
    if os.environ.get("WAN_SMOKE"):
        whole = [i for i in items if i.get_closest_marker("whole")]
        config.hook.pytest_deselected(items=whole)
        items[:] = [i for i in items if i not in whole]


@pytest.fixture(scope="session")
def page():
    """What `make wan` writes down, see page.py."""
    from page import Page

    made = Page()
    yield made
    made.write()


@pytest.fixture
def folder():
    """For daemons. Sockets are in it: its name is short."""
    path = tempfile.mkdtemp(prefix="umwan")
    yield Path(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def lab():
    """An empty laboratory, taken down whatever becomes of the test."""
    from lab import laboratory

    with laboratory() as made:
        yield made
