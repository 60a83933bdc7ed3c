# SPDX-License-Identifier: MIT OR Apache-2.0
"""The table of hostile peers, rows.txt: two lines a cap.

    CAP VALUE PROGRAM CASE [crash]
        What the peer does to drive it to its limit, and what is seen.

VALUE is what the cap becomes when it is removed: a number as good as none (no
blanks in it). PROGRAM is Meson's name of a test, CASE a test of cmocka in it,
which must then fail: by an assertion of its own or, where the row says crash
and its sentence says why, by one of the library's.
"""
import re
from collections import namedtuple

TABLE = 'tests/hostile/rows.txt'
Row = namedtuple('Row', 'cap value program case how what')
HEAD = re.compile(r'((?:P2P|UM)__CAP_\w+) (\S+) (\S+/\S+) (test_\w+)'
                  r'(?: (crash))?')


def parse(text):
    """([Row, …], [what is wrong with the table, …])"""
    rows, wrong = [], []
    for number, line in enumerate(text.split('\n'), 1):
        m = HEAD.fullmatch(line)
        if line.startswith('    ') and rows:
            rows[-1] = rows[-1]._replace(
                what=f'{rows[-1].what} {line.strip()}'.strip())
        elif m:
            rows.append(Row(*m.groups()[:4], m.group(5) or 'assert', ''))
        elif line and line[0] != '#':
            wrong.append(f'{TABLE}:{number}: neither a row nor its sentence')
    wrong += [f'{TABLE}: {r.cap} has no sentence' for r in rows
              if not r.what.endswith('.')]
    return rows, wrong
