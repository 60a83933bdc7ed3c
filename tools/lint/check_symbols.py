# SPDX-License-Identifier: MIT OR Apache-2.0
"""Pure objects call the project's functions and a short list of others: no
socket, clock, random number, or heap of their own."""
import re

import common
from check_floors import Floors

OURS = re.compile(r'^(p2p_|um_)')


def check(tree):
    floors, problems = Floors(tree), []
    rows = [(r[0], set(r[1:])) for r in tree.data('allow-symbols.txt')]
    pure = {p: o for p, o in tree.objects().items()
            if floors.of(p) and floors.of(p)[2] == 'pure'}
    for path, _, name in common.nm(pure, '-u'):
        allow = set().union(*(names for prefix, names in rows
                              if prefix == '*' or path.startswith(prefix)))
        bare = re.sub(r'^__(\w+)_chk$', r'\1', name)
        if not OURS.match(name) and bare not in allow:
            problems.append(f'{path}: uses {name}')
    return len(pure), problems


BAD = {
    'lib/base/x.c': '#include <time.h>\n#include <stdlib.h>\n'
                    'long f(void) { return time(0) + rand(); }\n',
    'lib/chan/noise/n.c': '#include <stdlib.h>\n'
                          'void *g(void) { return malloc(7); }\n',
}
WANT = [r'base/x.c: uses time', r'base/x.c: uses rand', r'n.c: uses malloc']
