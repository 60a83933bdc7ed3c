# SPDX-License-Identifier: MIT OR Apache-2.0
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
pytest.register_assert_rewrite("checks", "finding")
