#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: coverage.py BUILDDIR [--missing FOLDER]

How much of lib/ the unit tests and the corpora of the fuzz targets run, folder
by folder: lines and branches. BUILDDIR is made if need be, with gcov's
counters. Below the floors it fails. --missing lists what is not run.

A line with an assert is not counted: the branch that ends the process is not
to be taken.
"""
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Folder, what is counted, and at least how many of a hundred.
FLOORS = (("lib", "lines", 90), ("lib/wire", "branches", 90),
          ("lib/crypto", "branches", 90))
ASSERT = r".*\bassert\(.*"


def run(*words):
    done = subprocess.run(words, cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(f"FAIL {' '.join(map(str, words[:4]))} …")


def measure(build):
    """Builds, runs the tests, and reads gcov's counters."""
    if not (build / "build.ninja").exists():
        run("meson", "setup", build, "-Db_coverage=true", "-Ddaemon=false",
            "-Dbuildtype=debug")
    run("ninja", "-C", build)
    for old in build.rglob("*.gcda"):
        old.unlink()
    run("meson", "test", "-C", build, "--suite", "unit", "--no-rebuild",
        "--quiet", "--timeout-multiplier", "5", "--print-errorlogs")
    out = build / "coverage.json"
    run("gcovr", "-r", ROOT, "-f", "lib/", "--object-directory", build,
        "--exclude-lines-by-pattern", ASSERT, "-j", str(os.cpu_count()),
        "--json", out, build)
    return json.loads(out.read_text(encoding="utf-8"))["files"]


def counted(files):
    """{folder: {what: [run, all]}}, and [(place, what is not run)]."""
    sums = defaultdict(lambda: {"lines": [0, 0], "branches": [0, 0]})
    missing = []
    for file in files:
        parts = os.path.dirname(file["file"]).split("/")
        folders = ["/".join(parts[:n + 1]) for n in range(len(parts))]
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            ways = [b["count"] > 0 for b in line["branches"]]
            for sum_of in (sums[f] for f in folders):
                sum_of["lines"][0] += line["count"] > 0
                sum_of["lines"][1] += 1
                sum_of["branches"][0] += sum(ways)
                sum_of["branches"][1] += len(ways)
            if not line["count"] or not all(ways):
                missing.append((f"{file['file']}:{line['line_number']}",
                                f"{ways.count(False)} of {len(ways)} branches"
                                if line["count"] else "the line"))
    return sums, missing


def percent(pair):
    return 100 * pair[0] / pair[1] if pair[1] else 100


def main():
    sums, missing = counted(measure((ROOT / sys.argv[1]).resolve()))
    print(f"{'folder':22} {'lines':>6}         {'branches':>8}")
    for folder in sorted(sums):
        lines, ways = sums[folder]["lines"], sums[folder]["branches"]
        print(f"{folder:22} {lines[1]:6} {percent(lines):5.1f} % "
              f"{ways[1]:8} {percent(ways):5.1f} %")
    if sys.argv[2:3] == ["--missing"]:
        for place, what in missing:
            if place.startswith(sys.argv[3]):
                print(f"{place}: {what}")
    failed = False
    for folder, what, floor in FLOORS:
        have = percent(sums[folder][what])
        failed |= have < floor
        print(f"{'FAIL' if have < floor else 'ok'} {what} of {folder}: "
              f"{have:.1f} %, at least {floor}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
