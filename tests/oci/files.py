#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the files for containers say of each other and of the program: the
version, users, and that each flag that they give is one."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "packaging/oci/compose.yaml").read_text())
PODS = list(yaml.safe_load_all(
    (ROOT / "packaging/kubernetes/unitmesh.yaml").read_text()))
DOCKERFILE = (ROOT / "packaging/oci/Dockerfile").read_text()
ROOTFS = (ROOT / "packaging/oci/rootfs.sh").read_text()
MANUAL = (ROOT / "docs/man/unitmesh.8").read_text()
VERSION = re.search(r"version: '([\d.]+)'",
                    (ROOT / "meson.build").read_text())[1]
USER = 65532
wrong = []


def must(fine, what):
    if not fine:
        wrong.append(what)


def flags(args):
    return {re.match(r"--([a-z-]+)=", a)[1] for a in args if "=" in a} | {
        a[2:] for a in args if a.startswith("--") and "=" not in a}


def commands():
    """(where, its words) of each container that runs our program."""
    for name, service in COMPOSE["services"].items():
        if service["command"][0] != "unitd":
            yield name, service["command"]
    for c in pod()["containers"]:
        if "args" in c:
            yield c["name"], c["args"]


def pod():
    return next(d for d in PODS if d["kind"] == "StatefulSet")[
        "spec"]["template"]["spec"]


def restricted():
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    top = pod()["securityContext"]
    must(top["runAsNonRoot"] is True and
         top["seccompProfile"]["type"] == "RuntimeDefault", "the pod")
    for c in pod()["containers"]:
        held = c["securityContext"]
        must(held["allowPrivilegeEscalation"] is False and
             held["capabilities"] == {"drop": ["ALL"]} and
             held["runAsUser"] > 0, f"{c['name']} is not restricted")
        must("limits" in c["resources"], f"{c['name']} has no limits")
    must(not any("hostPath" in v for v in pod()["volumes"]), "hostPath")


def apart():
    """Who speaks with the network does not see Unit's socket."""
    by_name = {c["name"]: {m["name"] for m in c["volumeMounts"]}
               for c in pod()["containers"]}
    must("control" in by_name["applier"], "the applier sees no Unit")
    must("control" not in by_name["unitmesh"], "the daemon sees Unit")
    users = {c["name"]: c["securityContext"]["runAsUser"]
             for c in pod()["containers"]}
    must(users["applier"] == users["unit"] != users["unitmesh"] == USER,
         f"users {users}")
    for name in "red", "green", "blue":
        node, applier = (COMPOSE["services"][n] for n in
                         (name, f"{name}-applier"))
        must(not any("/run/unit" == v.split(":")[1] for v in
                     node["volumes"]), f"{name} sees Unit")
        must(applier["network_mode"] == "none", f"{name}-applier")
        must(node["cap_drop"] == applier["cap_drop"] == ["ALL"], name)


must(f"ARG VERSION={VERSION}\n" in DOCKERFILE, "VERSION of the Dockerfile")
must(f"USER {USER}:{USER}\n" in DOCKERFILE, "USER of the Dockerfile")
must(f"uid={USER}\n" in ROOTFS, "uid of rootfs.sh")
must({c["image"] for c in pod()["containers"]} == {
    f"unitmesh:{VERSION}", "docker.io/library/unit:1.34.2-minimal"}, "images")
known = set(re.findall(r"\.It Fl -([a-z-]+)", MANUAL))
for where, words in commands():
    must(not flags(words) - known, f"{where}: {flags(words) - known}")
restricted()
apart()
for line in wrong:
    print(line)
sys.exit(len(wrong) > 0)
