# SPDX-License-Identifier: MIT OR Apache-2.0
"""docs/reference/settings.md lists the settings of the daemon, and
packaging/unitmesh.conf shows each; both are made of their table."""
import os
import re
import textwrap

TABLE = 'mesh/app/settings_table.c'
PAGE = 'docs/reference/settings.md'
FILE = 'packaging/unitmesh.conf'
BEGIN = '<!-- settings: make lint-write -->\n'
END = '<!-- end of settings -->\n'
TEXT = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
ROW = re.compile(r'\[UM_SETTING_(?P<id>\w+)\]\s*=\s*\{\s*"(?P<name>[\w-]+)",'
                 rf'\s*(?P<arg>NULL|{TEXT}),\s*(?P<text>{TEXT}),'
                 rf'\s*(?P<otherwise>{TEXT}),\s*(?P<sample>{TEXT}),'
                 r'\s*(?P<marks>[\w |]+)\}')
HEAD = """\
# What `unitmesh run` and `unitmesh applier` are told, if no flag and no
# variable says otherwise; see unitmesh(8). A line is `name = value`; what may
# be repeated may have a line each. `unitmesh config check` says what holds, and
# what is wrong here; a daemon begins only if nothing is.
"""


def settings(text):
    """The rows of the table, each a dictionary."""
    rows = []
    for m in ROW.finditer(text):
        row = {k: ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', v))
               if k not in ('id', 'name', 'marks') and v != 'NULL' else v
               for k, v in m.groupdict().items()}
        row['variable'] = 'UNITMESH_' + row['id']
        rows.append(row)
    return rows


def listing(rows):
    """The list as it stands in the page."""
    out = ['| setting | variable | what | otherwise | applier |\n'
           '|---|---|---|---|---|\n']
    for r in rows:
        arg = ' yes' if r['arg'] == 'NULL' else ' ' + r['arg']
        name = f'`--{r["name"]}{arg}`, not in the file' \
            if 'OUTSIDE' in r['marks'] else f'`{r["name"]} ={arg}`'
        cells = [name, f'`{r["variable"]}`', r['text'], r['otherwise'],
                 'yes' if 'APPLIES' in r['marks'] else '']
        out.append('| ' + ' | '.join(c.replace('|', '\\|')
                                     for c in cells) + ' |\n')
    return ''.join(out)


def example(rows):
    """The file with all of them as comments."""
    out = [HEAD]
    for r in rows:
        if 'OUTSIDE' in r['marks']:
            continue
        said = r['text'][0].upper() + r['text'][1:] + '.'
        if r['otherwise']:
            said += f' Otherwise: {r["otherwise"]}.'
        out += ['\n'] + [f'# {line}\n' for line in textwrap.wrap(said, 77)]
        out.append(f'#{r["name"]} = {r["sample"]}\n')
    return ''.join(out)


def wrong(rows):
    for r in rows:
        if r['id'] != r['name'].upper().replace('-', '_'):
            yield f'{TABLE}: {r["name"]} stands at UM_SETTING_{r["id"]}'
        if not r['sample'] and 'OUTSIDE' not in r['marks']:
            yield f'{TABLE}: {r["name"]} has no sample'


def check(tree):
    text = tree.text(TABLE)
    rows = settings(text)
    problems = list(wrong(rows))
    if len(rows) != len(re.findall(r'^    \[UM_SETTING_', text, re.M)):
        problems.append(f'{TABLE}: a row that cannot be read')
    page = tree.text(PAGE) if PAGE in tree.paths else ''
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    want = {PAGE: head + BEGIN + listing(rows) + END + tail,
            FILE: example(rows)}
    for path, made in want.items():
        if os.environ.get('LINT_WRITE') and tree.build:
            with open(os.path.join(tree.root, path), 'w',
                      encoding='utf-8') as f:
                f.write(made)
        elif path not in tree.paths or tree.text(path) != made:
            problems.append(f'{path} is stale: make lint-write')
    return len(rows), problems


BAD = {TABLE: 'x[] = {\n'
              '    [UM_SETTING_A] = {"b", NULL, "c", "", "d", 0},\n'
              '    [UM_SETTING_E] = {"e", "F", "g " "h", "i", "", 0},\n'
              '    [UM_SETTING_J] = {"j"},\n};\n',
       PAGE: 'old\n'}
WANT = [r'b stands at UM_SETTING_A', r'e has no sample', r'cannot be read',
        r'settings.md is stale', r'unitmesh.conf is stale']
