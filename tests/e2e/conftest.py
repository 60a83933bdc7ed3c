# SPDX-License-Identifier: MIT OR Apache-2.0
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop/lib"))
BUILD = Path(os.environ.get("BUILDDIR", ROOT / "build")).resolve()
os.environ.setdefault("P2P_BIN", str(BUILD / "tools/p2p/p2p"))


@pytest.fixture
def folder():
    """A folder with a short name: paths of sockets have 107 bytes."""
    path = tempfile.mkdtemp(prefix="ume2e")
    yield Path(path)
    shutil.rmtree(path, ignore_errors=True)
