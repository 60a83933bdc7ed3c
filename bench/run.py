#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: run.py [--smoke] [ROW…]

Measures ours and theirs in turns, prints what came of it, and keeps it in
bench/measured.json, of which docs/reference/bench.md is written: rows that
were not asked for stay as they were. --smoke: a few rounds, to see that every
row works; nothing is judged or kept. Exit code: 0, or 1 if a row failed to
run; a gate that is missed is in the table.
"""

import argparse
import datetime
import importlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

from common import BUILD, ROOT, Skipped

ROWS = ("article", "mesh", "acks", "hundred", "history", "stream", "tls",
        "quic", "ws", "conns", "churn", "gossip", "host", "idle", "echo",
        "start", "ping")
KEPT = ROOT / "bench/measured.json"
TABLE = ROOT / "docs/reference/bench.md"
COLUMNS = (("name", "what"), ("unit", "unit"), ("ours", "ours"),
           ("theirs", "theirs"), ("who", "of"), ("ratio", "ratio"),
           ("gate", "gate"), ("verdict", "verdict"), ("cpu_ours", "CPU ours"),
           ("cpu_theirs", "CPU theirs"), ("cpu_unit", "CPU unit"))


def busy_s():
    """Seconds that all processors were busy since boot."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = sum(int(f) for i, f in enumerate(fields[:8]) if i not in (3, 4))
    return ticks / os.sysconf("SC_CLK_TCK")


def own_s():
    """Seconds of us and of the children that ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in
               (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def commit():
    def git(*args):
        return subprocess.run(["git", "-C", ROOT, *args], text=True,
                              capture_output=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--",
                  "lib", "mesh", "cli", "tools", "include", "bench")
    return (git("rev-parse", "--short=10", "HEAD") or "no git") + \
        ("+" if changed else "")


def machine():
    model = next((line.split(":", 1)[1].strip() for line in
                  Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores of {model}, Linux " + \
        platform.release().split("-")[0]


def build_type():
    done = subprocess.run(["meson", "introspect", "--buildoptions", BUILD],
                          text=True, capture_output=True, check=False)
    if done.returncode != 0:
        return "unknown"
    options = {o["name"]: o["value"] for o in json.loads(done.stdout)}
    asserts = "no asserts" if options["b_ndebug"] == "true" else "asserts on"
    return (f"{options['buildtype']} (-O{options['optimization']}, {asserts}, "
            f"sanitizer {options['b_sanitize']})")


def real_time():
    """Says so if somebody ran us under chrt."""
    return "" if os.sched_getscheduler(0) == os.SCHED_OTHER else \
        ", real-time priority (chrt)"


def run_row(name, smoke):
    """The row's record for the table, or None if it could not be run."""
    began, busy, own = time.monotonic(), busy_s(), own_s()
    print(f"\n{name}", flush=True)
    record = {"commit": commit(), "lines": []}
    try:
        results = importlib.import_module(name).measure(smoke)
    except Skipped as why:
        record["skipped"] = str(why)
        print(f"skipped: {name}: {why}")
        return record
    took = time.monotonic() - began
    others = max(0, (busy_s() - busy) - (own_s() - own))
    record["noise"] = (f"{took:.0f} s, others had {100 * others / took:.0f} % "
                       "of one core" + real_time())
    record["lines"] = [r.row() for r in results]
    if smoke:
        for r in record["lines"]:
            r.update(gate="-", verdict="-")
    for r in record["lines"]:
        print("  " + "  ".join(str(r[key]) for key, _ in COLUMNS
                               if r[key] not in ("-", "")), flush=True)
    print(f"  ({record['noise']})", flush=True)
    return record


def table(kept):
    out = ["# Bench", "",
           "Written by `make bench`, which measures ours and theirs in turns "
           "in one run.", "Medians, [least-most] over the rounds; the ratio "
           "is the median of the rounds'", "ours / theirs. CPU is of all "
           "processes of a side, or of the one named.", "",
           f"Machine: {kept['machine']}.", f"Build: {kept['build']}.",
           f"Written {kept['date']}.", "",
           "| " + " | ".join(title for _, title in COLUMNS) + " |",
           "|" + "---|" * len(COLUMNS)]
    rows = [kept["rows"][n] for n in ROWS if n in kept["rows"]]
    for record in rows:
        out += ["| " + " | ".join(str(r[key]) or "-" for key, _ in COLUMNS) +
                " |" for r in record["lines"]]
    out += ["", "| row | commit | noise |", "|---|---|---|"]
    for name in ROWS:
        record = kept["rows"].get(name)
        if record is None:
            out.append(f"| {name} | - | not measured |")
        else:
            out.append(f"| {name} | {record['commit']} | " + record.get(
                "noise", f"skipped: {record.get('skipped')}") + " |")
    profiles = Path(__file__).with_name("profiles.md").read_text()
    return "\n".join(out) + "\n\n" + profiles


def keep(records):
    try:
        kept = json.loads(KEPT.read_text())
    except (OSError, ValueError):
        kept = {"rows": {}}
    kept.update(machine=machine(), build=build_type(),
                date=datetime.date.today().isoformat())
    kept["rows"].update(records)
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    TABLE.write_text(table(kept))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("rows", nargs="*", metavar="ROW",
                        help=" ".join(ROWS))
    args = parser.parse_args()
    unknown = [r for r in args.rows if r not in ROWS]
    if unknown:
        parser.error(f"no such row: {' '.join(unknown)}")
    if not args.smoke:
        os.environ["PEERS_RELEASE"] = "1"  # peers/build.sh: rust optimised
    records, failed = {}, 0
    for name in args.rows or ROWS:
        try:
            records[name] = run_row(name, args.smoke)
            if not args.smoke:
                keep({name: records[name]})
        except Exception as err:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED: {name}: {err}")
    if not args.smoke and records:
        print(f"\nwritten: {TABLE.relative_to(ROOT)}")
    skipped = sum("skipped" in r for r in records.values())
    missed = [line["name"] for r in records.values() for line in r["lines"]
              if line["verdict"] == "MISS"]
    if missed and not args.smoke:
        print("missed: " + "; ".join(missed))
    print(f"counts: {len(records) - skipped} {failed} {skipped}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
