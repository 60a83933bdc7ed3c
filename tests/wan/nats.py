# SPDX-License-Identifier: MIT OR Apache-2.0
"""The kinds of NAT: what they do, in the words of RFC 4787, and what makes
them so: rules of nftables, or arguments of nat/main.c."""

import subprocess
from collections import namedtuple

# What mapping and filtering depend on: nothing but the inner endpoint
# ("endpoint"), the other side's address ("address"), or its port, too ("port").
# `by`: "nft", or "program", which can be any of these; `own`: hosts of the site
# have public addresses of their own.
Nat = namedtuple("Nat", "mapping filtering hairpin by own",
                 defaults=(False, "nft", False))

KINDS = {
    "none": Nat("endpoint", "endpoint", True, None, True),
    "firewall": Nat("endpoint", "port", True, "nft", True),
    "one-to-one": Nat("endpoint", "endpoint", True),
    "port-restricted": Nat("endpoint", "port"),
    "symmetric": Nat("port", "port"),
    "full-cone": Nat("endpoint", "endpoint", True, "program"),
    "address-restricted": Nat("endpoint", "address", True, "program"),
    "address-dependent": Nat("address", "address", False, "program"),
}
BY = {"endpoint": "nothing", "address": "address", "port": "port"}

# (one, other, whether they can, by UDP and by TCP)
PAIRS = [
    ("port-restricted", "port-restricted", True),
    ("full-cone", "port-restricted", True),
    ("address-restricted", "port-restricted", True),
    ("firewall", "port-restricted", True),
    ("full-cone", "symmetric", True),
    ("address-restricted", "symmetric", True),
    ("one-to-one", "symmetric", True),
    ("port-restricted", "symmetric", False),
    ("symmetric", "symmetric", False),
]


def kind_of(nat):
    """The Nat of a name; or the one that is given."""
    return nat if isinstance(nat, Nat) else KINDS[nat]


def arguments(nat, address, udp_idle_s=None):
    """Those of the program; none if it is only a line."""
    if nat is None or nat.by != "program":
        return []
    return ["--nat", address, "--mapping", BY[nat.mapping], "--filtering",
            BY[nat.filtering], *(["--hairpin"] if nat.hairpin else []),
            *(["--udp-idle", udp_idle_s] if udp_idle_s else [])]


# How the router answers strangers.
STRANGERS = {"drop": "drop", "reject": "reject with icmp port-unreachable"}

# Without this a packet of a peer that comes before ours goes out leaves an
# entry, and ours gets another port. Routers that people buy have the same.
GUARD = """
add table ip guard
add chain ip guard input {{ type filter hook input priority filter; }}
add chain ip guard forward {{ type filter hook forward priority filter; }}
add rule ip guard input iifname wan0 ct state established,related accept
add rule ip guard forward iifname wan0 ct state established,related accept
{reset}
add rule ip guard input iifname wan0 {verdict}
add rule ip guard forward iifname wan0 {verdict}
"""
RESET = """
add rule ip guard input iifname wan0 meta l4proto tcp reject with tcp reset
add rule ip guard forward iifname wan0 meta l4proto tcp reject with tcp reset
"""
CHAINS = """
add table ip nat
add chain ip nat in { type nat hook prerouting priority dstnat; }
add chain ip nat out { type nat hook postrouting priority srcnat; }
"""
MASQUERADE = {"port-restricted": "masquerade",
              "symmetric": "masquerade random,fully-random"}


def nft(ns, rules):
    done = subprocess.run(["ip", "netns", "exec", ns, "nft", "-f", "-"],
                          input=rules, text=True, capture_output=True,
                          check=False)
    if done.returncode != 0:
        raise OSError(f"nft in {ns}: {done.stderr.strip()}")


def guard(strangers):
    return GUARD.format(verdict=STRANGERS[strangers],
                        reset=RESET if strangers == "reject" else "")


def rules(kind, strangers="drop"):
    """What a router of that kind begins with."""
    if kind == "firewall":
        return guard(strangers)
    if kind == "one-to-one":
        return CHAINS
    if kind in MASQUERADE:
        return (guard(strangers) + CHAINS +
                f"add rule ip nat out oifname wan0 {MASQUERADE[kind]}\n")
    return ""


def rules_of_host(kind, inner, outer):
    """What it gets besides for each host of its site."""
    if kind != "one-to-one":
        return ""
    return (f"add rule ip nat in iifname wan0 ip daddr {outer} "
            f"dnat to {inner}\n"
            f"add rule ip nat out oifname wan0 ip saddr {inner} "
            f"snat to {outer}\n")
