# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every prototype in a header has a comment; all that a public one declares a
doc comment, which names each parameter, and what is returned, if anything is.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'api'))

import common  # noqa: E402
import headers  # noqa: E402

# A prototype: from the start of a line to ");", no "=" or "{" on the way.
PROTO = re.compile(r'^(?!typedef|#|\s|return|static inline)'
                   r'[A-Za-z_][^;{}=#]*?\b(\w+)\s*'
                   r'\((?:[^(){};]|\([^(){};]*\))*\)[^;{}()]*;', re.M)


def commented(lines, row):
    """The comment that ends above line `row`, or above a blank line there;
    one stands for a run of prototypes without blank lines between them."""
    row -= 1
    while row >= 0 and lines[row].strip() and '*/' not in lines[row]:
        if lines[row].startswith(('#', '}')):
            return ''
        row -= 1
    if row > 0 and not lines[row].strip():
        row -= 1
    if row < 0 or '*/' not in lines[row]:
        return ''
    end = row
    while row > 0 and '/*' not in lines[row]:
        row -= 1
    return '\n'.join(lines[row:end + 1])


def undocumented(path, text):
    """What the comments of a public header leave out: all that it declares
    has one, constants and types too."""
    header = headers.Header(path, text)
    if not header.about:
        yield f'{path}:1: no @file comment'
    for item in header.items:
        where = f'{path}:{item.row}: {item.name}'
        if not item.comment:
            yield f'{where} has no doc comment (/**)'
        else:
            yield from (f'{where}: {what} is not told'
                        for what in item.missing())


def check(tree):
    problems, count = [], 0
    where = r'(include|lib|mesh|cli|tools|tests/(lib|sim))/.*\.h$'
    for path in tree.files(where):
        text = tree.text(path)
        lines = text.splitlines()
        for m in PROTO.finditer(common.strip(text)):
            count += 1
            row = text.count('\n', 0, m.start())
            comment = commented(lines, row)
            if not comment:
                problems.append(f'{path}:{row + 1}: {m.group(1)} has no '
                                'comment')
        if path.startswith('include/'):
            problems += undocumented(path, text)
    return max(count, tree.build is None), problems


BAD = {'lib/base/a.h': '/* Fine. */\nint f(void);\n\n\nint g(int (*cb)(int),\n'
                       '      int b);\n',
       'include/p2p/b.h': '/* Plain. */\nP2P_API void p2p_h_i(void);\n'
                          '#define P2P_B_MAX 7\n',
       'include/p2p/c.h': '/**\n * @file\n * C.\n */\n/**\n * X.\n'
                          ' * @param a one\n * @param c two\n */\n'
                          'P2P_API int p2p_k_l(int a, void (*b)(int c));\n'}
WANT = [r'a.h:5: g has no comment', r'b.h:1: no @file',
        r'b.h:2: p2p_h_i has no', r'b.h:3: P2P_B_MAX has no',
        r'c.h:10: p2p_k_l: parameter b is',
        r'c.h:10: p2p_k_l: parameter c, which', r'c.h:10: p2p_k_l: what it ret']
