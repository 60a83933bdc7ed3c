# SPDX-License-Identifier: MIT OR Apache-2.0
"""Every prototype in a header has a comment; a public one a doc comment that
names each parameter, and what is returned, if anything is."""
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


def parameters(proto):
    """The names of a prototype's parameters."""
    inner = proto[proto.index('(') + 1:proto.rindex(')')]
    while re.search(r'\([^()]*\)', inner.replace('(*', '<*')):
        flat = re.sub(r'\(\*\s*(\w+)\)\s*\([^()]*\)', r' \1', inner)
        if flat == inner:
            break
        inner = flat
    for part in inner.split(','):
        names = re.findall(r'\w+', re.sub(r'\[[^\]]*\]', '', part))
        if names and names != ['void']:
            yield names[-1]


def undocumented(proto, comment):
    """What a public function's comment leaves out."""
    for name in parameters(proto):
        if not re.search(rf'@param {name}\b', comment):
            yield f'parameter {name}'
    if not re.match(r'(P2P_API\s+)?void\s+\w', proto.strip()) and \
            '@return' not in comment:
        yield 'what it returns'


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
            elif path.startswith('include/'):
                problems += [f'{path}:{row + 1}: {m.group(1)}: {what} is not '
                             'told' for what in
                             undocumented(m.group(0), comment)]
    return max(count, tree.build is None), problems


BAD = {'lib/base/a.h': '/* Fine. */\nint f(void);\n\n\nint g(int (*cb)(int),\n'
                       '      int b);\n',
       'include/p2p/b.h': '/* Plain. */\nP2P_API void p2p_h_i(void);\n',
       'include/p2p/c.h': '/**\n * X.\n * @param a one\n */\n'
                          'P2P_API int p2p_k_l(int a, void (*b)(int c));\n'}
WANT = [r'a.h:5: g has no comment', r'b.h:2: p2p_h_i has no doc',
        r'c.h:5: p2p_k_l: parameter b is', r'c.h:5: p2p_k_l: what it ret']
