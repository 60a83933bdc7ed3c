# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every prototype in a header has a comment; a public one a doc comment."""
import re

import common

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
            elif path.startswith('include/') and '/**' not in comment:
                problems.append(f'{path}:{row + 1}: {m.group(1)} has no doc '
                                'comment (/**)')
    return max(count, tree.build is None), problems


BAD = {'lib/base/a.h': '/* Fine. */\nint f(void);\n\n\nint g(int (*cb)(int),\n'
                       '      int b);\n',
       'include/p2p/b.h': '/* Plain. */\nP2P_API void p2p_h_i(void);\n'}
WANT = [r'a.h:5: g has no comment', r'b.h:2: p2p_h_i has no doc']
