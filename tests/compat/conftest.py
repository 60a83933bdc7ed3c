# SPDX-License-Identifier: MIT OR Apache-2.0
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for part in ("tests/e2e", "tests/interop/lib", "tests/compat"):
    sys.path.insert(0, str(ROOT / part))


@pytest.fixture
def folder():
    """A folder with a short name: paths of sockets have 107 bytes."""
    path = tempfile.mkdtemp(prefix="umcmp")
    yield Path(path)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def old():
    """The program of the commit that BASE names."""
    import base
    try:
        return str(base.program())
    except base.NotThere as e:
        pytest.skip(f"no unitmesh of {base.BASE[:12]}: {e}")
