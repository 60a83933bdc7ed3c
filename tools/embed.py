#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: embed.py FILE OUT.c HEADER NAME

Writes C that defines NAME_text, the bytes of a file, and NAME_bytes, their
number, as HEADER declares them.
"""
import sys


def main():
    source, out, header, name = sys.argv[1:5]
    with open(source, 'rb') as f:
        data = f.read()
    rows = [','.join(map(str, data[i:i + 32])) + ',\n'
            for i in range(0, len(data), 32)]
    with open(out, 'w', encoding='ascii') as f:
        f.write(f'#include "{header}"\n\n'
                f'const char {name}_text[] = {{\n' + ''.join(rows) + '0};\n'
                f'const size_t {name}_bytes = {len(data)};\n')


if __name__ == '__main__':
    main()
