# SPDX-License-Identifier: MIT OR Apache-2.0
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
sys.path.append(str(HERE.parent / "wan"))
pytest.register_assert_rewrite("checks", "finding")


@pytest.fixture
def lab():
    """Sites behind NATs, see tests/wan."""
    from lab import laboratory

    with laboratory() as made:
        yield made
