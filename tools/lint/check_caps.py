# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every cap stands in docs/reference/limits.md, says what it bounds, is named
by a test, and has its row in tests/hostile, which has no others."""
import os
import sys

import common

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, 'tools'),
                os.path.join(ROOT, 'tests', 'hostile')]
import gen_limits  # noqa: E402
import rows as hostile  # noqa: E402

TABLE = 'docs/reference/limits.md'


def check_rows(tree, caps, allow):
    """Problems of the table of hostile peers."""
    rows, problems = hostile.parse(tree.text(hostile.TABLE))
    names = [r.cap for r in rows]
    problems += [f'{c.where}: {c.name} has no row in {hostile.TABLE}'
                 for c in caps if c.name not in names and
                 c.name not in allow]
    known = {c.name for c in caps}
    problems += [f'{hostile.TABLE}: there is no {n}' for n in names
                 if n not in known]
    problems += [f'{hostile.TABLE}: two rows for {n}' for n in set(names)
                 if names.count(n) > 1]
    return problems


def check(tree):
    allow = common.Allow(tree, 'caps')
    caps = gen_limits.caps(tree)
    problems = [f'{c.where}: {c.name} has no comment that says what it bounds'
                for c in caps if not c.text]
    problems += [f'{c.where}: no test names {c.name}' for c in caps
                 if not c.tests and c.name not in allow]
    problems += check_rows(tree, caps, allow)
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
       'tests/hostile/rows.txt': 'P2P__CAP_Y_BARE 9 mux/y test_y\n    Asks.\n'
                                 'P2P__CAP_Y_BARE 9 mux/y test_y\n'
                                 'P2P__CAP_Y_GONE 9 mux/y test_y\n    Asks.\n'
                                 'What is this?\n',
       TABLE: 'old\n'}
WANT = [r'P2P__CAP_Y_BARE has no comment', r'no test names P2P__CAP_Y_STREAMS',
        r'P2P__CAP_Y_STREAMS has no row', r'there is no P2P__CAP_Y_GONE',
        r'two rows for P2P__CAP_Y_BARE', r'P2P__CAP_Y_BARE has no sentence',
        r'rows.txt:6: neither', r'stale']
