# SPDX-License-Identifier: MIT OR Apache-2.0
"""clang-format has nothing to change; no line is longer than 80 columns."""
import os
import re
import subprocess

STYLE = os.path.join(os.path.dirname(__file__), '../../.clang-format')


def check(tree):
    paths = tree.files(r'.*\.[ch]$')
    problems = []
    if paths:
        out = subprocess.run(
            ['clang-format', '--dry-run', f'--style=file:{STYLE}', *paths],
            cwd=tree.root, capture_output=True, text=True, check=True).stderr
        lines = re.findall(r'^(\S+?:\d+):\d+: warning', out, re.M)
        problems += [f'{p}: clang-format would change this'
                     for p in dict.fromkeys(lines)]
    wide = paths + tree.files(r'.*\.(py|sh|build)$')
    for path in wide:
        for n, line in enumerate(tree.text(path).splitlines(), 1):
            columns = len(line.expandtabs(8))
            if columns > 80 and not re.search(r'https?://|sha256:', line):
                problems.append(f'{path}:{n}: {columns} columns')
            if line != line.rstrip():
                problems.append(f'{path}:{n}: space at the end')
    return len(wide), problems


BAD = {'lib/a.c': 'int  f(void){return 1;}\n',
       'lib/b.c': '/* ' + 'wide ' * 17 + '*/\n',
       'tools/c.sh': 'echo   \n'}
WANT = [r'lib/a.c:1: clang-format', r'lib/b.c:1: 9\d columns',
        r'c.sh:1: space']
