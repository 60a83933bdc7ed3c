#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [mesh] [together]

mesh: a node on the packages of 2021, one on today's js, one on go and three of
ours, in six network namespaces on one bridge; nobody is told of anybody. Each
publishes, two of ours are killed and started again, the bridge is cut in two
and made one again. Who applied what, when and by which path is a row; a row
that is missing fails.

together: twenty of ours are started at once, five times; all 380 directed
links must stand in 10 s.

Lines begin with ok, FAIL or skip. PEERS_REQUIRED="go js" makes a missing one
of these a failure.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop/lib"))

# pylint: disable=wrong-import-position
import lan as lan_                                      # noqa: E402
import mesh                                             # noqa: E402
import together                                         # noqa: E402
from peer import PeerError, Unavailable, executable, required  # noqa: E402
from rows import Rows                                   # noqa: E402

PARTS = {"mesh": mesh.run, "together": together.run}


def lacking(kinds):
    """The kinds that cannot be had here, with the reasons."""
    found = {}
    for kind in kinds:
        try:
            executable(kind)
        except Unavailable as err:
            found[kind] = str(err)
    return found


def run_part(name, rows):
    kinds = mesh.FOREIGN if name == "mesh" else ()
    missing = lacking(kinds)
    for kind, why in missing.items():
        rows.add(kind not in required() and None, f"{name}: peer {kind}", why)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="umaccept"))
        try:
            PARTS[name](stack, rows, Path(folder),
                        [k for k in kinds if k not in missing])
        except (PeerError, OSError) as err:
            rows.add(False, f"{name}: stopped", "")
            print(err)


def main():
    names = sys.argv[1:] or list(PARTS)
    if not set(names) <= set(PARTS):
        print(__doc__)
        return 2
    rows = Rows()
    why = lan_.why_not()
    for name in names:
        if why:
            rows.add(None, name, why)
        else:
            run_part(name, rows)
    return rows.end()


if __name__ == "__main__":
    sys.exit(main())
