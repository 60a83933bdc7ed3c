# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/reference/api.md lists what the public headers declare, each function
with the first sentence of its comment; it is generated."""
import os
import re

LIST = 'docs/reference/api.md'
FILE = re.compile(r'/\*\*\s*\n \* @file\n(.*?)\*/', re.S)
ITEM = re.compile(r'/\*\*((?:(?!\*/).)*)\*/\n(?:P2P_API\b([^;]*?)\b(\w+)\s*'
                  r'\(|(struct|enum) (\w+) \{|typedef\b[^;{]*?\(\*(\w+)\))',
                  re.S)
HEAD = '''# The library's functions

Generated from `include/p2p` by `make lint-write`; the comments there tell
parameters, ownership and errors. `examples/` shows them at work.
'''


def plain(comment):
    """A comment's first paragraph, without stars, in one line."""
    text = re.sub(r'^ ?\* ?', '', comment.strip(), flags=re.M)
    text = re.split(r'\n\s*\n|\n?@', text)[0]
    return ' '.join(text.split())


def sentence(comment):
    """Its first sentence."""
    return re.split(r'(?<=\.)\s', plain(comment) + ' ')[0].rstrip('. ')


def escape(text):
    return text.replace('|', '\\|').replace('<', '&lt;')


def page(tree):
    """The page, and how many things it lists."""
    out, count = [HEAD], 0
    for path in tree.files(r'include/p2p/.*\.h$'):
        text = tree.text(path)
        about = FILE.search(text)
        rows = []
        for m in ITEM.finditer(text):
            name = f'{m[3]}()' if m[3] else f'{m[4]} {m[5]}' if m[5] else m[6]
            rows.append(f'| `{name}` | {escape(sentence(m[1]))} |\n')
        if rows:
            count += len(rows)
            out.append(f'\n## {os.path.basename(path)}\n\n'
                       f'{escape(plain(about[1])) if about else ""}\n\n'
                       '| what | |\n|---|---|\n' + ''.join(rows))
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
