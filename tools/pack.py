#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: pack.py FOLDER OUT.c OUT.d HEADER

Writes C that defines the files of the page, as HEADER declares them: each as it
is and as gzip has it; and what it depends on, so that a file that comes or goes
is noticed.
"""
import gzip
import hashlib
import sys
from pathlib import Path

# What a page may weigh on the wire, all of it.
CAP_BYTES = 150 * 1024
# What others read of the folder.
NOT_SERVED = {"package.json"}
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
}


def array(name, data):
    rows = [",".join(map(str, data[i:i + 32])) + ",\n"
            for i in range(0, len(data), 32)]
    return f"static const unsigned char {name}[] = {{\n{''.join(rows)}0}};\n"


def main():
    folder, out, depends, header = sys.argv[1:]
    folder = Path(folder).resolve()
    found = sorted([folder, *folder.rglob("*")])
    names = [p.relative_to(folder).as_posix() for p in found if p.is_file()]
    Path(depends).write_text(
        f"{out}: " + " ".join(map(str, found)) + "\n", encoding="utf-8")
    arrays, rows, packed_bytes = [], [], 0
    for i, name in enumerate(n for n in names if n not in NOT_SERVED):
        data = (folder / name).read_bytes()
        packed = gzip.compress(data, 9, mtime=0)
        packed_bytes += len(packed)
        arrays += [array(f"plain_{i}", data), array(f"packed_{i}", packed)]
        rows.append(f'    {{"{name}", "{TYPES[Path(name).suffix]}",\n'
                    f'     "{hashlib.sha256(data).hexdigest()[:16]}",\n'
                    f'     plain_{i}, {len(data)}, packed_{i}, {len(packed)}}},'
                    "\n")
    if packed_bytes > CAP_BYTES:
        sys.exit(f"pack.py: the page weighs {packed_bytes} bytes, and may "
                 f"weigh {CAP_BYTES}")
    Path(out).write_text(
        f'#include "{header}"\n\n' + "".join(arrays) +
        "\nconst struct um_page_file um_page_files[] = {\n" + "".join(rows) +
        f"}};\nconst size_t um_page_files_n = {len(rows)};\n",
        encoding="ascii")


if __name__ == "__main__":
    main()
