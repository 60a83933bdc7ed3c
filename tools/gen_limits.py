#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""usage: gen_limits.py        (prints docs/reference/limits.md)

A cap is `#define P2P__CAP_…` or `#define UM__CAP_…`; the comment above it
(one may stand above several) says what it bounds and what happens beyond. The
tests of a cap are those that name it.
"""
import os
import re
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lint'))
import common  # noqa: E402

Cap = namedtuple('Cap', 'name value text where tests')
DEFINE = re.compile(r'^#define ((?:P2P|UM)__CAP_\w+)\s+(.*)$')
UNITS = ((1 << 30, 'GiB'), (1 << 20, 'MiB'), (1 << 10, 'KiB'))

HEAD = """# Limits

What a peer, a file or a person can make a process hold, and where it ends.
Generated from the sources (`make lint-write`); `make lint` fails when it is
stale, when a cap has no comment, when no test names it, or when it has no row
in [tests/hostile](../../tests/hostile/rows.txt): what a hostile peer does to
reach it, and the test that shows it, which fails when the cap is removed
(`make hostile`). What [floods](floods.md) from real sockets cost is measured.

| cap | value | what it bounds | tested in |
|---|---|---|---|
"""


def comment_above(lines, row):
    """The text of the comment that ends above a line; other caps between
    share it."""
    row -= 1
    while row >= 0 and DEFINE.match(lines[row]):
        row -= 1
    if row < 0 or not lines[row].rstrip().endswith('*/'):
        return ''
    end = row
    while row > 0 and '/*' not in lines[row]:
        row -= 1
    text = ' '.join(lines[row:end + 1])
    return re.sub(r'\s*/\*+\s*|\s*\*/|\s+\*?\s+', ' ', text).strip()


def number(value, known):
    """The value of a cap's expression, or None."""
    for name, text in known.items():
        value = re.sub(rf'\b{name}\b', f'({text})', value)
    value = re.sub(r'/\*.*?\*/', '', value)
    value = re.sub(r'\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b', r'\1', value)
    if not re.fullmatch(r'[\dxa-fA-F\s()+*/<>-]+', value):
        return None
    return eval(value.replace('/', '//'))  # digits and operators only


def shown(name, value, known):
    n = number(value, known)
    if n is None:
        return f'`{value}`'
    for unit, word in UNITS:
        if n >= unit and n % unit == 0 and 'BYTES' in name:
            return f'{n // unit} {word}'
    return f'{n:,}'


def caps(tree):
    found = []
    known = {}
    tests = {p: tree.text(p) for p in tree.files(r'tests/.*\.c$')}
    for path in tree.files(r'(lib|mesh|cli)/.*\.[ch]$'):
        lines = tree.text(path).split('\n')
        for row, line in enumerate(lines):
            m = DEFINE.match(line)
            if not m:
                continue
            name, value = m.group(1), m.group(2).split('/*')[0].strip()
            known[name] = value
            users = [p for p, text in tests.items()
                     if re.search(rf'\b{name}\b', text)]
            found.append(Cap(name, value, comment_above(lines, row), path,
                             users))
    return [c._replace(value=shown(c.name, c.value, known)) for c in found]


def table(found):
    out = HEAD
    for c in found:
        where = ', '.join(f'`{t}`' for t in c.tests) or '–'
        text = c.text.replace('|', '\\|')
        out += f'| `{c.name}` | {c.value} | {text} | {where} |\n'
    return out


if __name__ == '__main__':
    print(table(caps(common.Tree(os.path.join(os.path.dirname(__file__),
                                              '..'), '-'))), end='')
