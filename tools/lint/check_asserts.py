# SPDX-License-Identifier: MIT OR Apache-2.0
"""Cores say what they rely on: asserts per thousand lines."""
import re

import common

LEAST = 15
CORES = r'(lib/(base|chan|mux|proto)|mesh/(model|sync))/.*\.c$'
NOTE = ''


def check(tree):
    global NOTE
    lines = asserts = 0
    for path in tree.files(CORES):
        text = common.strip(tree.text(path))
        lines += sum(1 for line in text.split('\n') if line.strip())
        asserts += len(re.findall(r'\bassert\(', text))
    rate = 1000 * asserts / max(lines, 1)
    NOTE = f' {rate:.0f} a thousand lines'
    if rate >= LEAST:
        return lines, []
    return lines, [f'{rate:.1f} asserts per thousand lines of cores, at '
                   f'least {LEAST}']


BAD = {'lib/mux/m/a.c': 'int f(void)\n{\n    return 1;\n}\n' * 30}
WANT = [r'0.0 asserts']
