# SPDX-License-Identifier: MIT OR Apache-2.0
"""The units of systemd: how much is left open, and that each point of it has
its reason in the documentation."""

import re
import shutil
import subprocess

import pytest
from conftest import ROOT

UNITS = ROOT / "packaging/systemd"
PAGE = ROOT / "docs/reference/service.md"
# Tenths.
MOST = 15

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="there is no systemd-analyze here")


def analyze(name):
    """How it ended, points that are left, and the exposure."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         f"--threshold={MOST}", UNITS / name], capture_output=True, text=True,
        check=False, timeout=60, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin",
                                      "COLUMNS": "250"})
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at files")
    assert not done.stderr, done.stderr
    points = re.findall(r"^✗ (\S+)", done.stdout, re.M)
    return done.returncode, points, re.search(r"level for .*: (\S+)",
                                              done.stdout)[1]


def reasons(column):
    """Points of the page that have a reason for a unit."""
    text = PAGE.read_text().split("\n## What is left\n")[1]
    rows = [re.split(r"(?<!\\)\|", line) for line in text.splitlines()
            if line.startswith("| `")]
    return {row[1].strip().strip("`").replace("\\|", "|")
            for row in rows if row[column].strip()}


@pytest.mark.parametrize("name, column", [
    ("unitmesh.service", 2), ("unitmesh-applier.service", 3)])
def test_what_is_left_open(name, column):
    code, points, exposure = analyze(name)
    assert code == 0 and float(exposure) * 10 <= MOST, (exposure, points)
    assert set(points) == reasons(column)
    # The page says the number, too.
    assert f"{exposure} of the {'applier' if column == 3 else 'daemon'}" \
        in PAGE.read_text()


def test_the_applier_has_no_network():
    text = (UNITS / "unitmesh-applier.service").read_text()
    assert "\nPrivateNetwork=yes\n" in text
    assert "\nRestrictAddressFamilies=AF_UNIX\n" in text
