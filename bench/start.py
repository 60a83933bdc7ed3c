# SPDX-License-Identifier: MIT OR Apache-2.0
"""From exec to the line that says where it listens, as a reader sees it."""

import contextlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from common import BUILD, LOOP, P2P, Result, Samples, Skipped, need

UNITMESH = BUILD / "cli/unitmesh"


def until(argv, word, samples):
    """Starts a program; one sample is the time until it says a word."""
    out, said = os.pipe()
    began = time.monotonic()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=said,
                          stderr=said) as child:
        os.close(said)
        text = b""
        while word not in text:
            more = os.read(out, 65536)
            if not more:
                raise RuntimeError(f"{argv[0]}: {text.decode()[-400:]}")
            text += more
        samples.add(1000 * (time.monotonic() - began))
        child.stdin.close()
        child.terminate()
        # So that its last words find a reader.
        while os.read(out, 65536):
            pass
    os.close(out)


def daemon(state):
    port = 20000 + os.getpid() % 10000
    bind = "127.0.0.1"
    return [UNITMESH, "run", "--state", state, "--control",
            f"{state}/control.sock", "--bind", bind, "--no-mdns", "--listen",
            f"/ip4/{bind}/tcp/0", "--article", "--rest", f"{bind}:{port}",
            "--unit", "embedded", "--unit-listen", f"{bind}:{port + 1}"]


def measure(smoke):
    rounds = 2 if smoke else 25
    host, go, first, again = Samples(), Samples(), Samples(), Samples()
    with contextlib.suppress(Skipped):
        go.argv = [*need("go"), *LOOP]
    with tempfile.TemporaryDirectory(prefix="umbench") as folder:
        kept = Path(folder, "kept")
        until(daemon(kept), b"REST is at", Samples())
        for i in range(rounds):
            until([P2P, "node", *LOOP], b'"listening"', host)
            if hasattr(go, "argv"):
                until(go.argv, b'"listening"', go)
            until(daemon(Path(folder, str(i))), b"REST is at", first)
            until(daemon(kept), b"REST is at", again)
    return [
        Result("start to listening, p2p node", "ms", host, go, ("<=", 5)),
        Result("start to listening, unitmesh run", "ms", again, None,
               ("<=", 15)),
        Result("the same, first start: makes its key", "ms", first, None,
               ("<=", 15)),
    ]
