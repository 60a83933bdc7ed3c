# SPDX-License-Identifier: MIT OR Apache-2.0
"""One JSON object a line; events are dropped with --quiet."""

import json
import os

_quiet = False


def set_quiet(quiet):
    global _quiet
    _quiet = quiet


def line(fields):
    data = json.dumps(fields, ensure_ascii=False).encode() + b"\n"
    try:
        while data:
            data = data[os.write(1, data):]
    except BrokenPipeError:
        os._exit(0)


def event(fields):
    if not _quiet:
        line(fields)
