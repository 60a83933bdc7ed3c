# SPDX-License-Identifier: MIT OR Apache-2.0
"""Code that stands twice: windows of ten lines that occur again."""
import re

import common

WINDOW, SHARE = 10, 0.5
NOTE = ''


def significant(text):
    """(line number, text without space) of lines that say something."""
    for n, line in enumerate(common.strip(text).split('\n'), 1):
        bare = re.sub(r'\s+', '', line)
        if len(bare) > 2 and not bare.startswith('#include'):
            yield n, bare


def check(tree):
    global NOTE
    seen, twins, total = {}, {}, 0
    for path in tree.files(r'(lib|mesh|cli|tools|examples)/.*\.[ch]$'):
        lines = list(significant(tree.text(path)))
        total += len(lines)
        for i in range(len(lines) - WINDOW + 1):
            key = tuple(bare for _, bare in lines[i:i + WINDOW])
            here = (path, lines[i][0])
            first = seen.setdefault(key, here)
            if first != here:
                for n, _ in lines[i:i + WINDOW]:
                    twins.setdefault(path, {}).setdefault(n, first)
    count = sum(len(rows) for rows in twins.values())
    share = 100 * count / max(total, 1)
    NOTE = f' {share:.2f} % of lines stand twice'
    problems = []
    if share > SHARE:
        for path, rows in twins.items():
            n, first = min(rows.items())
            problems.append(f'{path}:{n}: {len(rows)} lines as in '
                            f'{first[0]}:{first[1]}')
        problems.append(f'{share:.2f} % of lines, at most {SHARE} %')
    return total, problems


BAD = {f'lib/base/{n}.c': ''.join(f'    call_{i}(a);\n' for i in range(12))
       for n in 'ab'}
WANT = [r'b.c:1: 12 lines as in lib/base/a.c:1']
