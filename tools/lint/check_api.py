# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/reference/api.md lists what the public headers declare, each function
with the first sentence of its comment; it is generated."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'api'))

import headers  # noqa: E402

LIST = 'docs/reference/api.md'
HEAD = '''# The library's functions

Generated from `include/p2p` by `make lint-write`. `make docs` makes a page of
each header, with parameters, ownership and errors; installed, they are manual
pages: p2p(3), p2p_host(3), p2p_host_new(3). `examples/` shows them at work.
'''


def escape(text):
    return text.replace('|', '\\|').replace('<', '&lt;')


def page(tree):
    """The page, and how many things it lists."""
    out, count = [HEAD], 0
    for path in tree.files(r'include/p2p/.*\.h$'):
        header = headers.Header(os.path.basename(path), tree.text(path))
        rows = [f'| `{i.title()}` | {escape(i.comment.sentence())} |\n'
                for i in header.items if i.comment]
        about = header.about.blocks[0][1] if header.about else ''
        count += len(rows)
        out.append(f'\n## [{header.name}](../../{path})\n\n{escape(about)}\n'
                   '\n| what | |\n|---|---|\n' + ''.join(rows))
    return ''.join(out), count


def check(tree):
    text, count = page(tree)
    if os.environ.get('LINT_WRITE') and tree.build:
        with open(os.path.join(tree.root, LIST), 'w',
                  encoding='utf-8') as f:
            f.write(text)
        return count, []
    if LIST not in tree.paths or tree.text(LIST) != text:
        return count, [f'{LIST} is stale: make lint-write']
    return count, []


BAD = {'include/p2p/a.h': '/**\n * @file\n * A.\n */\n/**\n * Does. Much.\n '
                          '* @return 0\n */\nP2P_API int p2p_a_do(void);\n',
       LIST: '# Older\n'}
WANT = [r'stale']
