#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: pack.py FOLDER OUT.c HEADER FILE…

Writes C that defines the files of the page, as HEADER declares them: each as it
is and as gzip has it. All files of the folder must be named, and no others: one
that was forgotten would be missed by who opens the page alone.
"""
import gzip
import hashlib
import sys
from pathlib import Path

# What a page may weigh on the wire, all of it.
CAP_BYTES = 150 * 1024
# What others read of the folder.
NOT_SERVED = {"meson.build", "package.json"}
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


def named(folder, files):
    """The files by the names that they are served under, or an end."""
    found = {p.relative_to(folder).as_posix()
             for p in folder.rglob("*") if p.is_file()} - NOT_SERVED
    names = [Path(f).resolve().relative_to(folder).as_posix() for f in files]
    for name in sorted(found ^ set(names)):
        sys.exit(f"pack.py: ui/{name} is "
                 + ("not in ui/meson.build" if name in found else "not there"))
    return names


def main():
    folder, out, header, *files = sys.argv[1:]
    folder = Path(folder).resolve()
    arrays, rows, packed_bytes = [], [], 0
    for i, name in enumerate(named(folder, files)):
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
