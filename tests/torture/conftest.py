# SPDX-License-Identifier: MIT OR Apache-2.0
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture
def folder():
    """A folder with a short name: paths of sockets have 107 bytes."""
    path = tempfile.mkdtemp(prefix="umtort")
    yield Path(path)
    shutil.rmtree(path, ignore_errors=True)
