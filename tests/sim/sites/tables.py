#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: tables.py [--nodes N] [--sites N] [--seed N] [--commit NAME]

Runs sim_sites to its end, and smaller fleets that are idle with one module more
or less; two runs at a time. Writes what they cost into docs/reference/sites.md.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
PROGRAM = os.path.join(ROOT, os.environ.get("BUILDDIR", "build"),
                       "tests/sim/sim_sites")
PAGE = os.path.join(ROOT, "docs/reference/sites.md")
# How many there are where modules are compared.
FEW = {"nodes": 300, "sites": 15}
# One module more or less, all else as in the first.
MODULES = {
    "found by rendezvous": [],
    "told where the others are": ["--find", "told"],
    "found by the DHT, which public nodes serve": ["--find", "dht"],
    "without gossipsub": ["--without", "gossip"],
    "without mDNS: told of those in the site": ["--without", "mdns"],
    "without DCUtR": ["--without", "dcutr"],
    "told, without relays: outside of the site public ones alone":
        ["--find", "told", "--without", "relay"],
    "with AutoNAT": ["--with", "autonat"],
}
PURPOSES = {
    "gossipsub": "gossipsub",
    "identify": "identify, and its pushes",
    "ping": "/ipfs/ping",
    "relay": "relay: reservations, and all that circuits carry",
    "dcutr": "DCUtR",
    "rendezvous": "rendezvous: a registration each 10 minutes, and searches",
    "mdns": "mDNS, once for a whole link",
    "rest": "pings of yamux, frames, ciphers, handshakes",
    "all": "all",
}


def number(x):
    return f"{x:,.0f}" if abs(x) >= 10 or x == 0 else f"{x:.1f}"


def run(options):
    """The last line of a run, which is JSON; ends if it was red."""
    done = subprocess.run([PROGRAM, *options], check=False,
                          stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    if done.returncode != 0:
        sys.exit(f"{options}: it ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def commit():
    """What this tree is of, for the page."""
    done = subprocess.run(["git", "-C", ROOT, "describe", "--always",
                           "--dirty", "--abbrev=8"], check=False,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.strip() or "unknown"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def idle(r):
    return table(
        ["bytes a minute, for", "all nodes", "in sites", "public"],
        [[text, *(number(r[f"{who}_{key}"])
                  for who in ("idle", "inside", "public"))]
         for key, text in PURPOSES.items()])


def modules(results):
    base = results[0]
    rows = []
    for text, r in zip(MODULES, results):
        more = r["idle_all"] - base["idle_all"]
        rows.append([text, number(r["idle_all"]),
                     "" if r is base else f"{more:+,.0f}",
                     number(r["inside_all"]), number(r["public_all"]),
                     f"{r['inside_conns']:.0f}", f"{r['public_conns']:.0f}"])
    return table(["", "bytes a minute", "difference", "in sites", "public",
                  "connections in sites", "public"], rows)


def finding(results):
    rows = []
    for at, name, what in (0, "rendezvous", "rendezvous"), (2, "DHT", "kad"):
        r = results[at]
        rows.append([name, number(r[f"idle_{what}"]),
                     number(r[f"inside_{what}"]), number(r[f"public_{what}"]),
                     number(r["register_each"]), number(r["search_each"]),
                     number(r["search_bytes"]), number(r["search_ms"]),
                     f"{r['search_found']:.0f}", number(r["register_bytes"])])
    return table(["by", "bytes a minute", "in sites", "public",
                  "of that, to register", "to search", "bytes a search", "ms",
                  "found", "bytes to register"], rows)


def messages(r):
    return table(
        ["calm", "in the storm", "p50", "p99", "the last",
         "copies that a node gets", "bytes of gossipsub a delivery"],
        [[f"{r['calm_percent']:.4f} %", f"{r['storm_percent']:.4f} %",
          *(f"{r[key]:.0f} ms" for key in ("p50_ms", "p99_ms", "all_ms")),
          f"{r['copies']:.2f}", number(r["delivery_bytes"])]])


def relays(r):
    return table(
        ["reservations at most", "circuits at once", "connections at most",
         "connections, idle", "bytes a minute in and out, idle",
         "bytes held at most"],
        [[number(r["reservations"]), number(r["circuits"]), number(r["conns"]),
          number(r["public_conns"]), number(r["public_carried"]),
          number(r["memory"])]])


def write(base, few, opts):
    """Puts the tables between the marks of the page."""
    parts = {
        "world": f"{opts.nodes:,} nodes in {opts.sites} sites, seed "
                 f"{opts.seed}; commit {opts.commit}.",
        "few": f"{FEW['nodes']} nodes in {FEW['sites']} sites.",
        "idle": idle(base),
        "modules": modules(few),
        "finding": finding(few),
        "messages": messages(base),
        "relays": relays(base),
    }
    with open(PAGE, encoding="utf-8") as f:
        page = f.read()
    for name, text in parts.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, rest = page.split(begin)
        page = f"{head}{begin}{text}\n{end}{rest.split(end)[1]}"
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(page)


def main():
    cli = argparse.ArgumentParser(usage=__doc__.split("\n", 1)[0][7:])
    cli.add_argument("--nodes", type=int, default=1000)
    cli.add_argument("--sites", type=int, default=50)
    cli.add_argument("--seed", type=int, default=1)
    cli.add_argument("--commit", default=commit(), help="what runs")
    opts = cli.parse_args()
    large = [f"--{key}={value}" for key, value in vars(opts).items()
             if key != "commit"]
    small = [f"--{key}={value}" for key, value in FEW.items()]
    runs = [large, *([*small, "--idle-only", *more]
                     for more in MODULES.values())]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(run, runs))
    write(done[0], done[1:], opts)


if __name__ == "__main__":
    main()
