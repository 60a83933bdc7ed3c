# SPDX-License-Identifier: MIT OR Apache-2.0
"""What every file says and does not say: a licence on top, a comment that
introduces a .c file, no notes to self, nothing of its author's machine."""
import os
import re

SPDX = 'SPDX-License-Identifier: MIT OR Apache-2.0'
PRODUCT = re.compile(r'(lib|mesh|cli|tools|examples)/.*\.c$')
LICENSED = re.compile(r'.*\.([ch]|py|sh|go|mjs)$|Makefile$|\.ci/run$')
LATER = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
# Read from private.txt: one regular expression a line.
PRIVATE = 'private.txt'
BINARY = re.compile(r'.*\.(png|svg|bin|tar\.gz|export|lock|sum|patch)$|'
                    r'.*-lock\.json$')


def intro(text):
    """Whether a comment follows the licence's line."""
    rest = text.split('\n', 1)[1] if '\n' in text else ''
    return rest.lstrip().startswith('/*')


def check(tree):
    problems, count = [], 0
    private = [re.compile(r[0]) for r in tree.data(PRIVATE)]
    for path in tree.paths:
        if BINARY.match(path) or path.startswith('LICENSE'):
            continue
        text = tree.text(path)
        count += 1
        if LICENSED.match(path) and SPDX not in text[:200]:
            problems.append(f'{path}: no licence line')
        elif PRODUCT.match(path) and not intro(text):
            problems.append(f'{path}: nothing introduces it')
        for n, line in enumerate(text.split('\n'), 1):
            if LATER.search(line):
                problems.append(f'{path}:{n}: a note to self: {line.strip()}')
            if os.path.basename(path) == PRIVATE:
                continue
            if any(p.search(line) for p in private):
                problems.append(f'{path}:{n}: of somebody\'s own machine: '
                                f'{line.strip()}')
        if text and not text.endswith('\n'):
            problems.append(f'{path}: no newline at the end')
    return count, problems


BAD = {'lib/base/a.c': 'int a;\n',
       'lib/base/b.c': f'/* {SPDX} */\nint b; /* TO' 'DO: more */\n',
       'docs/c.md': 'See /ho' 'me/ann/notes.\n', 'docs/d.md': 'end'}
WANT = [r'a.c: no licence', r'b.c: nothing introduces', r'b.c:2: a note',
        r"c.md:1: of somebody's", r'd.md: no newline']
