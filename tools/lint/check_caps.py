# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every cap stands in docs/reference/limits.md, says what it bounds, and is
named by a test."""
import os
import sys

import common

sys.path.insert(0, os.path.dirname(os.path.dirname(__file__)))
import gen_limits  # noqa: E402

TABLE = 'docs/reference/limits.md'


def check(tree):
    allow = common.Allow(tree, 'caps')
    caps = gen_limits.caps(tree)
    problems = [f'{c.where}: {c.name} has no comment that says what it bounds'
                for c in caps if not c.text]
    problems += [f'{c.where}: no test names {c.name}' for c in caps
                 if not c.tests and c.name not in allow]
    text = gen_limits.table(caps)
    if os.environ.get('LINT_WRITE') and tree.build:
        with open(os.path.join(tree.root, TABLE), 'w',
                  encoding='utf-8') as f:
            f.write(text)
    elif TABLE not in tree.paths or tree.text(TABLE) != text:
        problems.append(f'{TABLE} is stale: make lint-write')
    return max(len(caps), 1), problems + allow.stale()


BAD = {'lib/mux/yamux/y.h': '/* Streams. */\n#define P2P__CAP_Y_STREAMS 7\n\n'
                            '#define P2P__CAP_Y_BARE 8\n',
       'tests/unit/mux/test_y.c': 'int x = P2P__CAP_Y_BARE;\n',
       TABLE: 'old\n'}
WANT = [r'P2P__CAP_Y_BARE has no comment', r'no test names P2P__CAP_Y_STREAMS',
        r'stale']
