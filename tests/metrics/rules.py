#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: rules.py

What packaging/ has for Prometheus and Grafana: the alerts by `promtool check
rules` and `promtool test rules`, each of them raised at least once there; the
dashboard's form, and its queries by promtool, too. Without promtool the rest is
looked at, and the exit code says skipped (77).
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "packaging/prometheus/unitmesh.rules.yml"
CASES = ROOT / "tests/metrics/rules_test.yml"
DASHBOARD = ROOT / "packaging/grafana/unitmesh.json"
SKIPPED = 77
NO_PROMTOOL = "no promtool (Debian: prometheus, or tests/metrics/promtool.sh)"


def promtool():
    """Where it is; None: it is not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    own = cache / "unitmesh/promtool"
    return shutil.which("promtool") or (str(own) if own.exists() else None)


def ask(*args, folder):
    done = subprocess.run(args, cwd=folder, text=True, check=False,
                          capture_output=True, timeout=60)
    if done.returncode != 0:
        yield f"{' '.join(args)}: {done.stdout}{done.stderr}"


def raised():
    """Alerts that no case raises."""
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text("utf-8"))
    cases = re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels",
                       CASES.read_text("utf-8"))
    quiet = re.findall(r"alertname: (\w+)\}", CASES.read_text("utf-8"))
    for name in alerts:
        if name not in cases:
            yield f"{CASES.name}: nothing raises {name}"
        if name not in quiet:
            yield f"{CASES.name}: nothing says when {name} is silent"
    if not alerts:
        yield f"{ALERTS.name}: no alert"


def queries(board):
    return [t["expr"] for p in board["panels"] for t in p["targets"]]


def form(board):
    """Problems of the dashboard that Grafana would show to people."""
    taken = set()
    ids = [p["id"] for p in board["panels"]]
    if len(set(ids)) != len(ids) or not ids:
        yield "panels share an id, or there is none"
    for p in board["panels"]:
        at = p["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        if cells & taken or at["x"] + at["w"] > 24:
            yield f"{p['title']} lies on another one, or outside"
        taken |= cells
        for t in p["targets"]:
            if t["datasource"]["uid"] != "${datasource}":
                yield f"{p['title']} does not ask the chosen data source"
            if 'job="$job"' not in t["expr"]:
                yield f"{p['title']} mixes jobs"
    names = [v["name"] for v in board["templating"]["list"]]
    if names != ["datasource", "job", "instance"]:
        yield f"variables are {names}"


def as_rules(exprs):
    """Queries as recording rules, which promtool reads."""
    text = "groups:\n  - name: dashboard\n    rules:\n"
    for i, expr in enumerate(exprs):
        expr = expr.replace("$__rate_interval", "5m")
        text += f"      - record: query{i}\n        expr: {json.dumps(expr)}\n"
    return text


def main():
    board = json.loads(DASHBOARD.read_text("utf-8"))
    problems = [*raised(), *form(board)]
    tool = promtool()
    with tempfile.TemporaryDirectory() as folder:
        for file in (ALERTS, CASES) if tool else ():
            shutil.copy(file, folder)
        if tool:
            Path(folder, "board.yml").write_text(as_rules(queries(board)),
                                                 "utf-8")
            problems += ask(tool, "check", "rules", ALERTS.name, "board.yml",
                            folder=folder)
            problems += ask(tool, "test", "rules", CASES.name, folder=folder)
    for p in problems:
        print("FAIL", p)
    if problems:
        return 1
    if not tool:
        print(f"skipped: {NO_PROMTOOL}")
        return SKIPPED
    print(f"ok: {len(queries(board))} queries, alerts raised and silent")
    return 0


if __name__ == "__main__":
    sys.exit(main())
